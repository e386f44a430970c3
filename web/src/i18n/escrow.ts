/** Texts of the console page that takes over SO PINs of keys that were made elsewhere. */
import type { Unreadable, Wrong } from "../console/stock/escrow-list";
import type { Texts } from "./texts";

const zh = {
  title: "接管 SO PIN",
  back: "空白密钥库存",
  go: "接管 SO PIN",
  lead: "在别处制作的密钥，系统中有它的 SO PIN（管理口令）才能在线解锁。请导入厂商的托管文件。",
  safe: "文件只在本机读取，只发送序列号和 SO PIN。SO PIN 读取后不再显示，发送后加密保存，任何人都不能查看；本页不留存。",
  medium: "介质",
  needMedium: "请先选择介质",
  read: { title: "导入", choose: "选择文件", or: "或粘贴在下面", label: "序列号和 SO PIN", submit: "读取" },
  form: "每行一个密钥：序列号，SO PIN。支持 CSV 或文本文件，用逗号、分号、制表符或空格分隔。有其他列时，第一行须写明“序列号”和“SO PIN”两列。",
  nothing: "没有读到内容。请粘贴或选择文件。",
  unreadable: {
    workbook: "这是 Excel 工作簿。请在 Excel 中另存为 CSV 后再选择。",
    large: "文件超过 1 MB，不是密钥清单。请拆分或检查文件。",
    binary: "这不是文本文件。请选择 CSV 或文本文件。",
  } satisfies Record<Unreadable, string>,
  broken: "文件无法读取，可能已移动或被占用。请重新选择。",
  found: (count: number) => `读到 ${String(count)} 个密钥`,
  repeated: (count: number) => `${String(count)} 行与前面完全相同，已合并。`,
  bad: {
    title: (count: number) => `${String(count)} 行有问题，不会发送`,
    way: "请改正后重新导入：整个文件或只有这几行都可以，已接管的不受影响。",
    none: "没有可以发送的密钥",
    more: (count: number) => `还有 ${String(count)} 行。`,
    at: (line: number, field: string) => `第 ${String(line)} 行，${field}：`,
    field: { serial: "序列号", pin: "SO PIN", line: "整行" },
    wrong: {
      no_serial: "为空。请补上序列号。",
      bad_serial: "只能包含字母、数字和连字符，最长 32 个字符。请核对，并检查两列是否对调。",
      no_pin: "为空。请补上 SO PIN；没有时请删除该行。",
      short_pin: "少于 6 个字符。请核对是否完整（表格软件可能去掉了开头的 0）。",
      long_pin: "多于 64 个字符。请核对是否多粘贴了内容。",
      bad_pin: "含有全角、中文或不可见字符。请核对，改用半角字符。",
      number_serial: "被表格软件变成了科学计数。请把该列设为“文本”，从原文件重新导出。",
      number_pin: "被表格软件变成了科学计数。请把该列设为“文本”，从原文件重新导出。",
      columns: "多于两列。SO PIN 中有分隔符时请用英文双引号括起来；有其他列时请加上表头。",
      quote: "英文双引号没有成对。请核对。",
      other_pin: "",
    } satisfies Record<Wrong, string>,
    otherPin: (other: number) => `与第 ${String(other)} 行序列号相同而 SO PIN 不同，两行都不发送。请只保留正确的一行。`,
  },
  send: (count: number) => `接管 ${String(count)} 个密钥`,
  rest: (count: number) => `继续发送其余 ${String(count)} 个`,
  again: "重新导入",
  anew: "继续接管",
  busy: (done: number, all: number) => `正在发送：${String(done)} / ${String(all)}。请不要离开本页。`,
  halted: {
    title: (taken: number, left: number) => `已接管 ${String(taken)} 个，其余 ${String(left)} 个还没有接管`,
    text: "其余的还在本页中，可以直接继续发送，不需要重新导入。离开或刷新本页后须重新导入。",
  },
  over: {
    all: (taken: number) => `${String(taken)} 个密钥的 SO PIN 已接管，现在可以在线解锁。`,
    some: (taken: number, there: number, refused: number) =>
      `已接管 ${String(taken)} 个，保持不变 ${String(there)} 个，未接受 ${String(refused)} 个`,
    forgotten: "本页已清除全部 SO PIN。请按规定保管或销毁原文件。",
  },
  table: { line: "行", serial: "序列号", pin: "SO PIN", hidden: "已隐藏", cleared: "已清除", fate: "结果" },
  fate: {
    waiting: "待发送",
    unsure: "未确认",
    taken: "已接管",
    there: "已登记，保持不变",
    refused: "未接受",
  },
  why: {
    unsure: "已发送，没有收到答复。再次发送不会重复。",
    there: "该密钥由本系统制作，或登记为另一种介质，或解锁过、SO PIN 已更换。",
  },
};

const en: typeof zh = {
  title: "Take over SO PINs",
  back: "Blank keys",
  go: "Take over SO PINs",
  lead: "A key that was made elsewhere can be unlocked online once its SO PIN is here. Read in the escrow file of its maker.",
  safe: "The file is read on this computer; only serials and SO PINs are sent. Once read, SO PINs are not shown any more; once sent, they are sealed and nobody can look at them. This page keeps nothing.",
  medium: "Medium",
  needMedium: "Choose the medium first",
  read: {
    title: "Read in",
    choose: "Choose a file",
    or: "or paste it below",
    label: "Serials and SO PINs",
    submit: "Read",
  },
  form: "One key a line: serial, SO PIN. CSV or text, separated by comma, semicolon, tab or blanks. With further columns the first line has to name the two, “Serial” and “SO PIN”.",
  nothing: "There is nothing to read. Paste it, or choose a file.",
  unreadable: {
    workbook: "This is an Excel workbook. Save it as CSV there, then choose that.",
    large: "The file has more than 1 MB and is no list of keys. Split it, or look whether it is the right one.",
    binary: "This is no text file. Choose a CSV or text file.",
  },
  broken: "The file cannot be read; it may have been moved or be in use. Choose it again.",
  found: (count) => (count === 1 ? "1 key was read" : `${String(count)} keys were read`),
  repeated: (count) =>
    count === 1
      ? "1 line says the same as one before it and was left out."
      : `${String(count)} lines say the same as one before them and were left out.`,
  bad: {
    title: (count) =>
      count === 1 ? "1 line is wrong and is not sent" : `${String(count)} lines are wrong and are not sent`,
    way: "Put them right and read them in again: the whole file or these lines only. What was taken over is not harmed by it.",
    none: "There is no key to send",
    more: (count) => `${String(count)} more.`,
    at: (line, field) => `Line ${String(line)}, ${field}: `,
    field: { serial: "serial", pin: "SO PIN", line: "the whole" },
    wrong: {
      no_serial: "missing. Add it.",
      bad_serial: "has only letters, digits and hyphens, at most 32. Look at it, and whether the columns are swapped.",
      no_pin: "missing. Add it, or delete the line when there is none.",
      short_pin: "fewer than 6 characters. Look whether it is whole; a spreadsheet may have dropped leading zeros.",
      long_pin: "more than 64 characters. Look whether something else was pasted with it.",
      bad_pin: "has full-width, Chinese or invisible characters. Type it with ordinary ones.",
      number_serial: "a spreadsheet made a number of it. Make the column “Text” and export it from the original anew.",
      number_pin: "a spreadsheet made a number of it. Make the column “Text” and export it from the original anew.",
      columns:
        "more than two columns. Quote an SO PIN with a separator in it; with further columns add a first line that names them.",
      quote: "a double quote is without its other one. Look at it.",
      other_pin: "",
    },
    otherPin: (other) =>
      `the same serial as line ${String(other)} with another SO PIN; neither is sent. Keep only the right one.`,
  },
  send: (count) => (count === 1 ? "Take over 1 key" : `Take over ${String(count)} keys`),
  rest: (count) => (count === 1 ? "Send the one that is left" : `Send the ${String(count)} that are left`),
  again: "Read in another list",
  anew: "Take over more",
  busy: (done, all) => `Sending: ${String(done)} of ${String(all)}. Please stay on this page.`,
  halted: {
    title: (taken, left) => `${String(taken)} taken over, ${String(left)} not yet`,
    text: "The rest is still here and can be sent without reading it in again. Once you leave or reload this page it has to be read in anew.",
  },
  over: {
    all: (taken) =>
      taken === 1
        ? "The SO PIN of 1 key was taken over; it can be unlocked online now."
        : `The SO PINs of ${String(taken)} keys were taken over; they can be unlocked online now.`,
    some: (taken, there, refused) =>
      `${String(taken)} taken over, ${String(there)} left as they were, ${String(refused)} refused`,
    forgotten: "This page has forgotten all SO PINs. Keep or destroy the original file as your rules say.",
  },
  table: { line: "Line", serial: "Serial", pin: "SO PIN", hidden: "hidden", cleared: "forgotten", fate: "Result" },
  fate: {
    waiting: "To be sent",
    unsure: "Not confirmed",
    taken: "Taken over",
    there: "There already, left as it is",
    refused: "Refused",
  },
  why: {
    unsure: "It was sent, and no answer came. Sent again, nothing happens twice.",
    there: "It was made here, is registered as another medium, or was unlocked and has another SO PIN since.",
  },
};

export const escrowTexts: Texts<typeof zh> = { zh, en };
