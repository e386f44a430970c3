/** Texts of what comes after the first page of getting in: new passwords, and the login of a bound company. */
import type { Texts } from "./texts";

const zh = {
  password: {
    label: "密码",
    hint: "至少 10 个字符，不能过于常见，也不能包含账号或企业名称；建议使用一句容易记住的话",
    again: "再次输入密码",
    short: "密码至少需要 10 个字符",
    differs: "两次输入的密码不一致",
  },
  bound: {
    title: "短信验证码登录",
    why: "贵单位的证书已绑定密钥",
    text: "输入短信验证码后可以查看订单、上传资料、支付和确认收货。购买、修改企业信息需要使用密钥登录，或者先解绑证书。",
    other: "换一个账号登录",
  },
};

const en: typeof zh = {
  password: {
    label: "Password",
    hint: "At least 10 characters; not a common one, without account or company name. A sentence you remember works well",
    again: "Password again",
    short: "The password needs at least 10 characters",
    differs: "The two passwords differ",
  },
  bound: {
    title: "Login by text message",
    why: "Your company's certificate is bound to a key",
    text: "With the code from the text message you can see orders, upload papers, pay and confirm receipt. To buy, or to change the company's file, log in by key or unbind the certificate first.",
    other: "Log in to another account",
  },
};

export const codes: Texts<typeof zh> = { zh, en };
