import "@testing-library/jest-dom/vitest";

import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

import { setLanguage } from "../i18n/language";

// jsdom draws nothing; Ant Design asks all the same.
vi.stubGlobal("matchMedia", (media: string) => ({
  matches: false,
  media,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
}));
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe = () => undefined;
    unobserve = () => undefined;
    disconnect = () => undefined;
  },
);
// jsdom has no workers; the only ones of the site do the human check (design/human.test.ts runs the real one).
vi.stubGlobal(
  "Worker",
  class {
    onmessage: ((event: { data: unknown }) => void) | undefined;
    postMessage = () => setTimeout(() => this.onmessage?.({ data: { number: 7 } }));
    terminate = () => undefined;
  },
);
// jsdom has no arrayBuffer on files.
Blob.prototype.arrayBuffer = function (this: Blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.readAsArrayBuffer(this);
  });
};
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;

// Working out what is hidden takes seconds with styles in JavaScript; the browser tests look at that.
configure({ defaultHidden: true, asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
  setLanguage("zh");
});
