/** How much a file holds at most, as in shared/domain; the API has the last word. */
export const MAX_ADDRESSES = 20;
export const MAX_TITLES = 10;
export const MAX_PEOPLE = 10;

/** The version of the text about ID numbers that the pages show; it changes with the text. */
export const CONSENT_VERSION = "2026-11";
