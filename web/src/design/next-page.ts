/** Where to go after the login: only ever a page of this site. */
export function nextPage(search: URLSearchParams, otherwise: string): string {
  const next = search.get("next");
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) {
    return otherwise;
  }
  return next;
}

export function loginPath(login: string, here: { pathname: string; search: string }): string {
  return `${login}?next=${encodeURIComponent(here.pathname + here.search)}`;
}
