import type { Medium } from "../../api/schema";

/** Every medium, the one that is sold now first. */
export const MEDIA: readonly Medium[] = ["bjca", "cpp"];
