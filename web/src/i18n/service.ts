/** Words about what is done with a key for a paid order: its renewal, its unlocking. */
import type { Obstacle } from "../api/schema";
import type { Texts } from "./texts";

/** What is said otherwise than of the agent's other work. */
type Otherwise = Partial<Record<Obstacle, { what: string; way: string }>>;

const zh = {
  who: {
    title: (serial: string) => `解锁密钥 ${serial}`,
    why: "解锁会给密钥设置新密码，所以先要核对身份。",
    label: "法定代表人的身份证号",
    hint: "须与本单位档案中登记的一致。只用于这次核对，不会保存在浏览器中。",
    wrong: "身份证号不正确，请输入 18 位",
    limit: "每天最多可以输错 5 次。",
    none: "档案中还没有登记身份证号？",
    toFile: "去企业信息中填写",
    next: "下一步",
    until: (time: string) => `今天输错的次数已用完，请在 ${time} 之后再试。`,
  },
  lost: {
    title: "这个密钥不能在线解锁",
    text: "请联系订单服务，把该商品改为补办，差价另行结算。已付款项不会丢失。",
    end: "请在密钥助手的窗口中选择“放弃”，并联系订单服务：把该商品改为补办，差价另行结算，已付款项不会丢失。",
  },
  code: {
    title: "核对确认码",
    claimed: "密钥助手已接手。请先核对确认码。",
    lead: "密钥助手的窗口中显示了 6 位确认码，请把它输入到这里。",
    only: "只输入您自己电脑上的密钥助手显示的确认码。如果您的电脑上没有显示，或者是别人告诉您的，请停止：不输入确认码，任何人都不能解锁这个密钥。",
    label: "6 位确认码",
    six: "请输入 6 位数字确认码",
    limit: "输错 5 次，这次操作即告结束。",
    confirm: "确认，继续解锁",
    stop: "没有显示，停止",
    confirmed: "确认码正确。请在密钥助手的窗口中设置新密码，结果会显示在这里。",
  },
  obstacle: {
    wrong_key: {
      what: "插入的不是需要的密钥",
      way: "请插入上面所示序列号的密钥，序列号印在密钥外壳上。",
    },
    key_full: {
      what: "密钥的存储空间已满",
      way: "密钥中放不下新的证书。请联系订单服务，把该商品改为补办，差价另行结算。请勿自行删除密钥中的内容。",
    },
    pin_locked: {
      what: "密钥的 PIN 已锁定",
      way: "请先办理解锁。解锁完成后，回到本订单重新续期，所付款项继续有效。",
    },
  } satisfies Otherwise,
  giveUp: "请先在密钥助手的窗口中选择“放弃”。",
  replace: "去补办",
  givenUp: { renew: "这次续期没有完成", unlock: "这次解锁没有完成" },
  givenUpText: {
    renew: "在密钥助手中放弃了，或者没有写完。原有的证书不受影响，商品仍在等待办理，可以重新开始。",
    unlock: "在密钥助手中放弃了，或者确认码输错了 5 次。商品仍在等待办理，可以重新开始。",
  },
  done: (day: string) => `续期完成，新的到期日 ${day}`,
  toKeys: "我的密钥",
  close: "完成",
};

const en: typeof zh = {
  who: {
    title: (serial) => `Unlock key ${serial}`,
    why: "An unlock gives the key a new PIN, so we first make sure who you are.",
    label: "ID-card number of the legal representative",
    hint: "The one on your company's file. It is compared this once and never kept in the browser.",
    wrong: "This is not an ID-card number of 18 places",
    limit: "Five wrong ones a day at most.",
    none: "No ID-card number on file yet?",
    toFile: "Add it to the company's file",
    next: "Next",
    until: (time) => `No try is left today. Please come back after ${time}.`,
  },
  lost: {
    title: "This key cannot be unlocked from here",
    text: "Ask the order service to turn this product into a replacement; the difference is settled. What you paid is not lost.",
    end: "Choose “Give up” in the key assistant's window and ask the order service to turn this product into a replacement; the difference is settled, and what you paid is not lost.",
  },
  code: {
    title: "Compare the code",
    claimed: "The key assistant has it. Compare the code first.",
    lead: "The key assistant's window shows six digits. Type them here.",
    only: "Type only what the key assistant on your own computer shows. If your computer shows none, or somebody told you the digits, stop: without them nobody can unlock this key.",
    label: "The six digits",
    six: "Please type the six digits",
    limit: "The fifth wrong code ends this try.",
    confirm: "Confirm and go on",
    stop: "None is shown: stop",
    confirmed: "The code is right. Set the new PIN in the key assistant's window; the result shows here.",
  },
  obstacle: {
    wrong_key: {
      what: "Not the key that is needed",
      way: "Plug in the key with the serial number above; it is printed on its case.",
    },
    key_full: {
      what: "The key has no room left",
      way: "The new certificate does not fit. Ask the order service to turn this product into a replacement; the difference is settled. Please delete nothing from the key yourself.",
    },
    pin_locked: {
      what: "The PIN of the key is locked",
      way: "Unlock the key first. Then come back to this order and renew it; what you paid stays good.",
    },
  },
  giveUp: "First choose “Give up” in the key assistant's window.",
  replace: "Order a replacement",
  givenUp: { renew: "The renewal was not finished", unlock: "The unlock was not finished" },
  givenUpText: {
    renew:
      "It was given up in the key assistant, or not written to its end. The certificates on the key are as they were, and you can start again.",
    unlock:
      "It was given up in the key assistant, or the code was wrong five times. The product still waits, and you can start again.",
  },
  done: (day) => `Renewed: the key now ends on ${day}`,
  toKeys: "My keys",
  close: "Done",
};

export const serviceTexts: Texts<typeof zh> = { zh, en };
