/** Texts of the pay page. */
import type { AttemptView, PaymentMethod } from "../api/schema";
import type { Texts } from "./texts";

type RefundFate = Exclude<NonNullable<AttemptView["disposition"]>, "counted">;

const zh = {
  title: "支付订单",
  order: "订单明细",
  amount: "应付金额",
  choose: "选择支付方式",
  app: { alipay: "支付宝", wechatpay: "微信" } satisfies Record<PaymentMethod, string>,
  chooseHint: (app: string) => `用${app}“扫一扫”付款`,
  show: "显示付款二维码",
  confirm: {
    title: "确认支付该订单？",
    text: (money: string, method: string) =>
      `将用${method}支付 ${money}。请先核对商品和收件、发票信息，付款后不能修改订单。`,
    yes: "确认支付",
  },
  other: (method: string) => `改用${method}`,
  keepOld: "请继续用当前的二维码付款，或等它失效后再更换支付方式。",
  scan: (app: string) => `请用${app}“扫一扫”扫描二维码付款`,
  qrLabel: "付款二维码",
  onThisPhone: (app: string) => `正在用手机浏览？点此打开${app}付款`,
  otherScreen: (app: string) =>
    `正在用手机浏览？请在电脑等另一块屏幕上打开本页，再用${app}“扫一扫”；也可以更换支付方式。`,
  making: "正在生成二维码…",
  qrLeft: (left: string) => `二维码剩余有效时间 ${left}`,
  minutesLeft: (minutes: number) => `二维码还有约 ${String(minutes)} 分钟有效`,
  minuteLeft: "二维码还有不到 1 分钟失效",
  paying: "已扫码，请在手机上确认付款",
  payingText: "付款完成前请不要关闭手机上的付款页面。本页会自动显示结果。",
  confirming: "二维码已到期，正在向支付平台确认是否收到付款…",
  confirmingText: "如果您刚刚付了款，请稍候，无需再次付款。",
  payBy: (time: string) => `请在 ${time} 前完成付款，逾期订单自动取消`,
  waiting: "付款成功后，本页会自动进入下一步，无需刷新。",
  silent: "支付平台暂时没有响应",
  silentText: "如果您已经付款，资金是安全的，请勿重复付款。我们会持续查询，收到结果后本页自动更新。",
  olderCode: "请勿再扫描之前的二维码",
  olderCodeText: "之前的二维码可能还在其他手机或页面上。如果误付，款项会自动原路退回。",
  expired: "二维码已失效",
  expiredText: "没有收到付款。请重新获取二维码后付款。",
  again: "重新获取二维码",
  paid: "付款成功",
  paidText: "正在进入订单明细…",
  toOrder: "进入订单明细",
  refund: {
    refund_late: "款项在订单结束后才到账，将原路全额退回。",
    refund_paid_twice: "该订单已经付过款，多付的款项将原路全额退回。",
    refund_wrong_sum: "实付金额与订单金额不符，款项将原路全额退回，请重新扫码付款。",
  } satisfies Record<RefundFate, string>,
  ended: "该订单已取消，不能再付款。",
  notSubmitted: "该订单尚未提交，请先提交订单。",
};

const en: typeof zh = {
  title: "Pay the order",
  order: "Order detail",
  amount: "To pay",
  choose: "Choose how to pay",
  app: { alipay: "Alipay", wechatpay: "WeChat" },
  chooseHint: (app) => `Scan a QR code with ${app}`,
  show: "Show the QR code",
  confirm: {
    title: "Pay this order?",
    text: (money, method) =>
      `You are about to pay ${money} by ${method}. Check products, delivery and invoice first: a paid order cannot be changed.`,
    yes: "Pay",
  },
  other: (method) => `Use ${method} instead`,
  keepOld: "Please go on with the present QR code, or wait until it is over to pay another way.",
  scan: (app) => `Scan the QR code with ${app}`,
  qrLabel: "QR code to pay",
  onThisPhone: (app) => `Reading this on your phone? Open ${app}`,
  otherScreen: (app) =>
    `Reading this on your phone? Open this page on another screen, a computer's for example, and scan it with ${app}; or choose another way to pay.`,
  making: "Making the QR code…",
  qrLeft: (left) => `QR code valid for another ${left}`,
  minutesLeft: (minutes) => `The QR code is valid for about ${String(minutes)} more minutes`,
  minuteLeft: "The QR code is valid for less than a minute",
  paying: "Scanned. Please confirm on your phone",
  payingText: "Keep the payment open on your phone until it is done. The result appears here by itself.",
  confirming: "The QR code is over. We are asking the payment platform whether your money came…",
  confirmingText: "If you have just paid, please wait a moment and do not pay again.",
  payBy: (time) => `Please pay before ${time}; after that the order is cancelled`,
  waiting: "Once you have paid, this page goes on by itself.",
  silent: "The payment platform does not answer right now",
  silentText:
    "If you have paid, your money is safe; please do not pay again. We keep asking, and this page shows the answer by itself.",
  olderCode: "Do not scan the earlier QR code any more",
  olderCodeText:
    "It may still be on another phone or page. Money that is paid on it by mistake goes back the way it came, by itself.",
  expired: "QR code expired",
  expiredText: "No money came. Get a new code to pay.",
  again: "Get a new QR code",
  paid: "Paid",
  paidText: "Opening the order's detail…",
  toOrder: "Open the order's detail",
  refund: {
    refund_late: "The money came after the order had ended and will be refunded in full.",
    refund_paid_twice: "The order was paid already; the second payment will be refunded in full.",
    refund_wrong_sum: "The sum differs from the order's and will be refunded in full. Please scan and pay again.",
  },
  ended: "This order is cancelled and cannot be paid any more.",
  notSubmitted: "This order is not submitted yet.",
};

export const payTexts: Texts<typeof zh> = { zh, en };
