/** The look, once: Ant Design's theme and the colours of states come from here. */
import type { ThemeConfig } from "antd";

import type { DisplayState } from "../api/schema";

export const theme: ThemeConfig = {
  token: {
    colorPrimary: "#1f4e8c",
    colorInfo: "#1f4e8c",
    colorSuccess: "#1e7b45",
    colorWarning: "#a65b00",
    colorError: "#b3261e",
    colorInfoBg: "#eaf1fa",
    colorInfoBorder: "#b9cfe9",
    colorSuccessBg: "#e9f6ee",
    colorSuccessBorder: "#aed8bf",
    colorWarningBg: "#fff6e5",
    colorWarningBorder: "#f0cf94",
    colorErrorBg: "#fdefee",
    colorErrorBorder: "#f0bdb9",
    colorLink: "#1f4e8c",
    colorTextBase: "#1d2733",
    colorTextDescription: "#566474",
    colorTextPlaceholder: "#6b7886",
    colorTextSecondary: "#566474",
    borderRadius: 6,
    fontSize: 15,
    controlHeight: 38,
    controlHeightLG: 46,
    fontFamily:
      '-apple-system, BlinkMacSystemFont, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Segoe UI", sans-serif',
    fontFamilyCode: 'ui-monospace, SFMono-Regular, Consolas, "Noto Sans Mono CJK SC", monospace',
    motionDurationMid: "0.15s",
    motionDurationSlow: "0.2s",
  },
  components: {
    Button: { primaryShadow: "none", defaultShadow: "none", fontWeight: 500 },
    Form: { itemMarginBottom: 20, verticalLabelPadding: "0 0 6px" },
    Steps: { colorTextDescription: "#566474" },
  },
};

/**
 * Whose turn a state means: the company's (amber; red where something went back), ours (blue), the courier's (teal),
 * done (green), over (grey). Money on its way is nobody's turn: it moves.
 */
export type Tone = "yours" | "attention" | "ours" | "moving" | "done" | "over";

export const TONES: Record<DisplayState, Tone> = {
  draft: "yours",
  awaiting_payment: "yours",
  submitted: "yours",
  awaiting_materials: "yours",
  changes_requested: "attention",
  under_review: "ours",
  in_production: "ours",
  handling: "ours",
  awaiting_agent: "yours",
  shipped: "moving",
  awaiting_receipt: "yours",
  completed: "done",
  refunding: "moving",
  refunded: "over",
  cancelled: "over",
};
