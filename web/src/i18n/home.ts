/** Words of a storefront's first page, in the words of each storefront. Kept small: every visit may begin there. */
import type { MaterialsWhen, ProductKind } from "../api/schema";
import type { Texts } from "./texts";

type Steps = readonly (readonly [string, string])[];

const zh = {
  mall: {
    title: "企业数字证书与电子签章密钥",
    lead: "在线申办、扫码支付、上传资料，制作完成后快递到企业。",
    products: "商城",
    buttons: ["立即申办", "立即购买"] as readonly string[],
    list: "购物清单",
  },
  counter: {
    title: "订单服务",
    lead: "填写订单并上传资料，提交后支付；审核通过后快递到付，或到网点自取。",
    products: "订单申请",
    buttons: ["订单申请"] as readonly string[],
    list: "未完成的订单申请",
  },
  kind: {
    new_key: "为企业办理新的密钥。",
    renewal: "密钥还在手中，证书快到期或刚到期时，延长使用年限。无需上传资料。",
    unlock: "密码输错次数过多、密钥被锁时，重新设置密码。无需上传资料。",
    replacement: "密钥丢失、损坏或被盗时，补办一个。新证书的到期时间与原证书相同。",
    upgrade: "蓝色 CPP 介质升级为 BJCA 介质，剩余年限可折算优惠。须单独下单。",
  } satisfies Record<ProductKind, string>,
  todo: "等待您处理",
  todoEmpty: "目前没有需要您处理的订单。",
  keys: "我的密钥",
  inList: (count: number) => `已选 ${String(count)} 个商品，尚未提交。`,
  goOn: "继续填写",
  perKey: "/ 个",
  perSeal: (money: string) => `签章 ${money} / 个`,
  term: (years: number) => `证书有效期 ${String(years)} 年`,
  renewalTerm: (years: number) => `续期 ${String(years)} 年`,
  process: "办理流程",
  steps: {
    after_payment: [
      ["选购并提交订单", "选择数量、是否加急、收件地址和发票"],
      ["扫码支付", "用手机扫码付款，到账后自动进入下一步"],
      ["上传资料", "在“订单明细”中填写基本资料，上传审核资料"],
      ["审核与制作", "审核通过后由制证人员制作；未通过可修改后重新上传"],
      ["快递到家", "可在“订单明细”查看物流信息"],
    ] as Steps,
    before_submit: [
      ["填写订单", "填写证书和签章数量、获取方式和发票，点击“保存”"],
      ["上传资料", "填写基本资料，上传审核资料"],
      ["核对并提交", "再次确认信息无误后，点击“提交”"],
      ["扫码支付", "付款后进入审核；未通过则全额退款，订单回到待提交，可修改后重新提交"],
      ["获取密钥", "快递到付，或由网点人员与您联系自取"],
    ] as Steps,
  } satisfies Record<MaterialsWhen, Steps>,
  soldOut: "暂无在售商品。",
};

const en: typeof zh = {
  mall: {
    title: "Keys with certificate and e-seal for companies",
    lead: "Order online, pay by QR code, upload your papers; the finished key comes by courier.",
    products: "Mall",
    buttons: ["Apply now", "Buy now"],
    list: "Shopping list",
  },
  counter: {
    title: "Order service",
    lead: "Fill in an order and upload its papers, then submit and pay; once approved it comes by courier, freight collect, or is fetched at a branch.",
    products: "Apply for an order",
    buttons: ["Apply"],
    list: "Unfinished application",
  },
  kind: {
    new_key: "A new key for the company.",
    renewal:
      "More years for a key that you still have, shortly before or after its certificate ends. No papers needed.",
    unlock: "A new password for a key that was locked by too many wrong ones. No papers needed.",
    replacement:
      "Another key for one that is lost, damaged or stolen. Its certificate ends when the old one would have.",
    upgrade: "From the blue CPP medium to the BJCA medium; time left is taken off the price. Ordered alone.",
  },
  todo: "Waiting for you",
  todoEmpty: "No order waits for you right now.",
  keys: "My keys",
  inList: (count) =>
    count === 1 ? "1 item chosen, not submitted yet." : `${String(count)} items chosen, not submitted yet.`,
  goOn: "Go on",
  perKey: "per key",
  perSeal: (money) => `e-seal ${money} each`,
  term: (years) => `Certificate valid for ${years === 1 ? "1 year" : `${String(years)} years`}`,
  renewalTerm: (years) => (years === 1 ? "1 more year" : `${String(years)} more years`),
  process: "How it works",
  steps: {
    after_payment: [
      ["Order", "Choose number, speed, delivery address and invoice"],
      ["Pay by QR code", "Scan it with your phone; the page goes on by itself"],
      ["Upload materials", "Fill in the basic data and upload the papers from the order's detail"],
      ["Review and production", "Once approved the key is made; otherwise correct and upload again"],
      ["Delivery by courier", "Follow the parcel in the order's detail"],
    ],
    before_submit: [
      ["Fill in the order", "Number of certificates and seals, how to receive them, invoice; then save it"],
      ["Upload materials", "Fill in the basic data and upload the papers"],
      ["Check and submit", "Look at everything once more, then submit"],
      [
        "Pay by QR code",
        "Review follows; if it is not approved, all money goes back and you can change and submit it again",
      ],
      ["Receive the key", "By courier, freight collect, or at a branch, whose staff will call you"],
    ],
  },
  soldOut: "Nothing is on sale at the moment.",
};

export const homeTexts: Texts<typeof zh> = { zh, en };
