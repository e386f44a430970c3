/** What a person does on a page under test. Pages are long: looking for a role in all of one takes seconds. */
import { fireEvent, screen, waitFor } from "@testing-library/react";

/** Presses the button of this name once it can be pressed. */
export async function press(name: string): Promise<void> {
  const button = await waitFor(() => {
    const found = [...document.querySelectorAll("button")].find(
      (one) => !one.disabled && (one.getAttribute("aria-label") ?? one.textContent) === name,
    );
    if (!found) {
      throw new Error(`no button to press: ${name}`);
    }
    return found;
  });
  fireEvent.click(button);
}

export async function type(label: string, value: string): Promise<void> {
  fireEvent.change(await screen.findByLabelText(label), { target: { value } });
}

/** What the tab has stored. */
export function stored(): string {
  return JSON.stringify(Object.entries(sessionStorage));
}
