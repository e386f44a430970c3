/** Texts of the frame and of getting in: what every visit may need first. Kept small: each visit loads them all. */
import type { Channel } from "../api/schema";
import type { Texts } from "./texts";

const zh = {
  human: {
    label: "人机验证",
    working: "正在自动验证，无需操作…",
    workingHard: "正在进行较长的验证，可能需要十几秒，请稍候…",
    solved: "验证通过",
    again: "重新验证",
    unsupported: "此浏览器无法进行人机验证。请使用新版 Chrome、Edge 或 360 浏览器，并通过 https 网址访问本站。",
    failed: "人机验证没有完成，请重新验证。",
  },
  code: {
    label: "验证码",
    sent: {
      sms: (to: string) => `验证码短信已发送至 ${to}。`,
      mail: (to: string) => `验证码邮件已发送至 ${to}，如未收到请查看垃圾邮件。`,
    } satisfies Record<Channel, unknown>,
    maybe: {
      sms: (to: string) => `如果填写的信息与登记的一致，验证码短信将发送至 ${to}。`,
      mail: (to: string) => `如果填写的信息与登记的一致，验证码邮件将发送至 ${to}，如未收到请查看垃圾邮件。`,
    } satisfies Record<Channel, unknown>,
    until: (time: string) => `有效期至 ${time}，最多可输错 5 次。`,
    resend: "重新发送",
    resendIn: (seconds: number) => `${String(seconds)} 秒后可重新发送`,
    sixDigits: "请输入 6 位数字验证码",
  },
  login: {
    title: "账号登录",
    titleCounter: "企业登录",
    name: "账号名或企业名称",
    nameCounter: "企业名称",
    nameHintCounter: "注册时填写的企业全称",
    password: "密码",
    submit: "登录",
    byKey: "用密钥登录",
    noAccount: "还没有账号？",
    register: "注册企业账号",
    forgot: "忘记密码",
    unbind: "证书解绑",
    first: "请先登录。登录后会回到刚才的页面，您填写的内容不会丢失。",
  },
  shell: {
    nav: { label: "主导航", mall: "商城", counter: "订单服务", orders: "我的订单", keys: "我的密钥" },
    footer: "遇到问题时，请联系客服，并告知订单号或页面上的请求编号。",
    login: "账号登录",
    company: "企业信息",
    security: "账号安全",
    limitedLabel: "当前登录的权限",
    limited:
      "贵单位证书已绑定密钥，当前为短信验证码登录：可以查看订单、上传资料、支付和确认收货，不能购买或修改企业信息。",
    unbind: "办理证书解绑",
  },
};

const en: typeof zh = {
  human: {
    label: "Human check",
    working: "Checking by itself, nothing to do…",
    workingHard: "A longer check, which may take some ten seconds…",
    solved: "Passed",
    again: "Check again",
    unsupported:
      "This browser cannot do the human check. Use a recent Chrome, Edge or 360 browser, and open this site by https.",
    failed: "The human check was not finished. Please do it again.",
  },
  code: {
    label: "Code",
    sent: {
      sms: (to) => `A code was sent by text message to ${to}.`,
      mail: (to) => `A code was sent by mail to ${to}. If it does not arrive, look among the junk mail.`,
    },
    maybe: {
      sms: (to) => `If what you typed is what is registered, a code is on its way by text message to ${to}.`,
      mail: (to) =>
        `If what you typed is what is registered, a code is on its way by mail to ${to}. If it does not arrive, look among the junk mail.`,
    },
    until: (time) => `It works until ${time}, for five tries.`,
    resend: "Send again",
    resendIn: (seconds) => `Send again in ${String(seconds)} s`,
    sixDigits: "Enter the six digits of the code",
  },
  login: {
    title: "Account login",
    titleCounter: "Company login",
    name: "Account name or company name",
    nameCounter: "Company name",
    nameHintCounter: "The company's full name, as registered",
    password: "Password",
    submit: "Log in",
    byKey: "Log in by key",
    noAccount: "No account yet?",
    register: "Register a company",
    forgot: "Forgotten password",
    unbind: "Unbind the certificate",
    first: "Please log in first. You return to where you were; what you typed is kept.",
  },
  shell: {
    nav: { label: "Main", mall: "Mall", counter: "Order service", orders: "Orders", keys: "Keys" },
    footer: "If something goes wrong, contact support with the order number or the request id on the page.",
    login: "Log in",
    company: "Company",
    security: "Security",
    limitedLabel: "What this login may do",
    limited:
      "Your company's certificate is bound to a key, and you logged in by text message: you can see orders, upload papers, pay and confirm receipt, but not buy or change the company's file.",
    unbind: "Unbind the certificate",
  },
};

export const access: Texts<typeof zh> = { zh, en };
