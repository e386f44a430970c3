/** Texts of the stamps that were cut from a seal sheet. */
import type { Measured, SealStanding, StampInk, StampProblem, StampShape } from "../api/schema";
import type { Texts } from "./texts";

const zh = {
  title: "印章图像",
  lead: "左边是扫描件，右边是裁出的透明图像。请核对图案完整、尺寸与实物印章一致。",
  stamp: (no: string) => `印章 ${no}`,
  shape: { round: "圆形", oval: "椭圆形", square: "方形" } satisfies Record<StampShape, string> as Record<
    StampShape,
    string
  >,
  ink: { red: "红色", blue: "蓝色" } satisfies Record<StampInk, string> as Record<StampInk, string>,
  measured: {
    by_marks: "按采集模板四角的定位标记测量",
    by_page: "未找到定位标记，按整页 A4 估算，请对照实物核对尺寸",
  } satisfies Record<Measured, string> as Record<Measured, string>,
  original: (no: string) => `印章 ${no}：扫描件`,
  cut: (no: string) => `印章 ${no}：裁出的图像`,
  originalCaption: "扫描件",
  cutCaption: "裁出的图像",
  size: (width: string, height: string) => `${width} × ${height} 毫米`,
  was: (width: string, height: string) => `测得 ${width} × ${height} 毫米`,
  width: (no: string) => `印章 ${no}：宽（毫米）`,
  height: (no: string) => `印章 ${no}：高（毫米）`,
  widthShort: "宽",
  heightShort: "高",
  millimetre: "毫米",
  back: "恢复测得的尺寸",
  onKeys: "电子印章",
  onKeysLead: "以下图像已审核通过，制作时写入密钥。请与资料核对后再开始制作。",
  approved: (keys: string) => `第 ${keys} 个密钥的印章图像`,
  approvedCaption: "审核通过的图像",
  notYet: "待写入",
  standing: { good: "有效", suspended: "已暂停", ended: "已终止" } satisfies Record<SealStanding, string> as Record<
    SealStanding,
    string
  >,
  keys: "各密钥使用的印章",
  key: (no: string) => `第 ${no} 个密钥`,
  choose: "请选择印章",
  missing: "每个带签章的密钥都要选择一枚印章，才能审核通过。",
  fewer: (found: string, wanted: string) =>
    `该商品有 ${wanted} 个密钥带签章，只找到 ${found} 枚印章。同一枚印章可以用于多个密钥；缺少的印章请退回企业补盖。`,
  none: (wanted: string) =>
    `没有找到印章，该商品有 ${wanted} 个密钥带签章。不能审核通过：请退回采集模板，说明没有盖章或扫描不清。`,
  page: (page: string) => `第 ${page} 页`,
  problem: {
    no_stamp: "没有找到印章。",
    more_pages: "从这一页起没有查找印章。",
    too_many: "印章过多，只裁出最大的几枚。",
    odd_page: "没有定位标记，且不是完整的 A4 页面，尺寸不可靠。",
    coarse: "扫描分辨率过低，印章边缘会粗糙。",
    cut_by_edge: "印章超出扫描范围，图案不完整。",
    too_small: "小于这类印章的常见尺寸。",
    too_large: "大于这类印章的常见尺寸。",
    not_a_stamp: "有红色或蓝色的痕迹，但没有印章的轮廓（如手写、手印或盖得过浅的印章），没有裁出。",
  } satisfies Record<StampProblem, string> as Record<StampProblem, string>,
};

export const sealTexts: Texts<typeof zh> = {
  zh,
  en: {
    title: "Stamps",
    lead: "The scan is on the left, the transparent picture cut from it on the right. Check that it is whole and as large as the stamp itself.",
    stamp: (no) => `Stamp ${no}`,
    shape: { round: "round", oval: "oval", square: "square" },
    ink: { red: "red", blue: "blue" },
    measured: {
      by_marks: "Measured by the four marks of the sheet",
      by_page:
        "The marks were not found; measured as if the picture were a whole A4 page. Compare with the stamp itself.",
    },
    original: (no) => `Stamp ${no}: scan`,
    cut: (no) => `Stamp ${no}: picture`,
    originalCaption: "Scan",
    cutCaption: "Picture",
    size: (width, height) => `${width} × ${height} mm`,
    was: (width, height) => `measured ${width} × ${height} mm`,
    width: (no) => `Stamp ${no}: width (mm)`,
    height: (no) => `Stamp ${no}: height (mm)`,
    widthShort: "Width",
    heightShort: "Height",
    millimetre: "mm",
    back: "Back to the measured size",
    onKeys: "E-seals",
    onKeysLead:
      "These pictures were approved and are written on the keys as they are made. Compare them with the papers before you begin.",
    approved: (keys) => `Stamp of key ${keys}`,
    approvedCaption: "As approved",
    notYet: "not written yet",
    standing: { good: "good", suspended: "suspended", ended: "ended" },
    keys: "Which stamp goes on which key",
    key: (no) => `Key ${no}`,
    choose: "Choose a stamp",
    missing: "Each key with an e-seal needs a stamp before you can approve.",
    fewer: (found, wanted) =>
      `${wanted} keys of this line carry an e-seal, but only this many stamps were found: ${found}. One stamp may go on several keys; send the sheet back if one is missing.`,
    none: (wanted) =>
      `No stamp was found, and ${wanted} keys of this line carry an e-seal. It cannot be approved: send the sheet back and say that it was not stamped or was scanned badly.`,
    page: (page) => `Page ${page}`,
    problem: {
      no_stamp: "No stamp was found.",
      more_pages: "Stamps were not looked for from this page on.",
      too_many: "Too many stamps; only the largest were cut.",
      odd_page: "No marks, and not a whole A4 page: sizes cannot be relied on.",
      coarse: "The scan is too coarse; edges of stamps will be rough.",
      cut_by_edge: "The stamp goes over the edge of the scan and is not whole.",
      too_small: "Smaller than stamps of this shape usually are.",
      too_large: "Larger than stamps of this shape usually are.",
      not_a_stamp:
        "Red or blue ink without the outline of a stamp (handwriting, a fingerprint, a stamp that hardly printed) was left out.",
    },
  },
};
