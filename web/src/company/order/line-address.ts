/** Lines of an order as places in its page. */

export function lineId(line: number): string {
  return `line-${String(line)}`;
}

/** Where a line of an order is looked at. */
export function lineAddress(order: string, line: number): string {
  return `/orders/${order}#${lineId(line)}`;
}

/** The line that an address names; undefined when it names none. */
export function lineNamed(hash: string): number | undefined {
  const no = /^#line-(\d{1,3})$/.exec(hash)?.[1];
  return no === undefined ? undefined : Number(no);
}
