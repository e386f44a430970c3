/** Words about the agent beside a key: opening it, following it, and how it gets onto a computer. */
import type { Obstacle, Verb } from "../api/schema";
import type { Texts } from "./texts";

/** What keeps the agent from going on, and the way out. */
interface Told {
  what: string;
  way: string;
}

const zh = {
  name: "密钥助手",
  verb: {
    inspect: "检测年限",
    test: "检测密钥",
    activate: "启用密钥",
    change_pin: "修改 PIN",
    login: "密钥登录",
    renew: "密钥续期",
    unlock: "密钥解锁",
    make: "制作密钥",
    enrol: "登记工位",
  } satisfies Record<Verb, string>,
  what: {
    inspect:
      "读取密钥中证书的剩余时间，并由密钥签名证明它在您手中；PIN 已锁定的密钥只读取证书。不改动密钥中的任何内容。",
    test: "让密钥签名一次，并核对它的证书是否有效。不改动密钥中的任何内容。",
    activate: "由您设置密钥的 PIN。寄送途中使用的 PIN 没有人知道，启用后即作废。",
    change_pin: "输入现在的 PIN，再设置新的 PIN。密钥中的证书和签章不变。",
    login: "由密钥签名证明它在您手中，然后登录。不改动密钥中的任何内容。",
    renew: "输入密钥的 PIN，由密钥助手写入新的证书。原有的证书保留在密钥中，到各自的到期日为止。",
    unlock: "为被锁的密钥设置新的 PIN。密钥中的证书和签章不变。",
    make: "把证书逐个写入空白密钥。",
    enrol: "把这台电脑登记为制证工位。",
  } satisfies Record<Verb, string>,
  key: "请插入的密钥",
  anyKey: "本单位的任意一个密钥",
  where: "请在插着该密钥的电脑上操作。PIN 只在密钥助手的窗口中输入，本网站不会询问。",
  open: "打开密钥助手",
  again: "再次打开密钥助手",
  until: (time: string) => `${time} 前有效，只能用于这一次。`,
  install: "下载与安装",
  notInstalled: "还没有安装？",
  start: "已安装？点此启动",
  waiting: "正在等待密钥助手响应…",
  absent: "密钥助手没有响应",
  absentText: "它可能没有安装，或者没有启动。如果新窗口中显示的是密钥助手的提示，请按提示操作。启动后请再次打开。",
  adrift: "还没有密钥助手接手",
  adriftText: "本页刷新过，打开用的链接需要重新获取。如果密钥助手的窗口还开着，也可以在那里继续。",
  expired: "链接已过期",
  expiredText: "没有密钥助手在有效时间内接手，密钥没有被使用。重新获取后即可继续。",
  renew: "重新获取链接",
  claimed: "密钥助手已接手，请在它的窗口中按提示操作。结果会显示在这里。",
  hindered: "处理好后，请在密钥助手的窗口中继续。结果会显示在这里。",
  about: (version: string, system: string) => `密钥助手 ${version}（${system}）`,
  windowGone: "窗口关掉了？",
  goesOn: "关闭这里不影响密钥助手继续。要放弃，请在它的窗口中选择“放弃”。",
  contested: (time: string) => `另一台电脑在 ${time} 也想使用这个链接，已被拒绝`,
  contestedText: "如果不是贵单位的人员，请不要输入 PIN，在密钥助手的窗口中放弃，并联系客服。",
  contestedOver: "如果不是贵单位的人员，请联系客服。",
  lockedInspect: {
    what: "密钥的 PIN 已锁定",
    way: "可以在密钥助手的窗口中选择“不用 PIN，只读取证书”，剩余年限由审核人员核实。要继续使用这个密钥，需要办理解锁。",
  },
  obstacle: {
    no_module: { what: "电脑上没有可用的密钥驱动", way: "请安装或重新安装密钥厂商的驱动程序（64 位），然后继续。" },
    no_key: { what: "没有发现密钥", way: "请插入密钥。已插入时请换一个 USB 接口，并确认厂商驱动已安装。" },
    wrong_key: {
      what: "插入的不是需要的密钥",
      way: "请插入上面所示序列号的密钥，序列号印在密钥外壳上。要检测另一个密钥，请先在密钥助手的窗口中放弃。",
    },
    no_certificate: { what: "密钥中没有证书", way: "请确认插入的是本单位已启用的密钥；仍有疑问请联系客服。" },
    pin_wrong: {
      what: "PIN 不正确",
      way: "请核对后在密钥助手的窗口中再次输入。次数用完后密钥会锁定；忘记 PIN 请办理解锁，不要继续尝试。",
    },
    pin_locked: { what: "密钥的 PIN 已锁定", way: "需要办理解锁，之后才能继续使用这个密钥。" },
    key_removed: { what: "密钥被拔出", way: "请重新插入同一个密钥，然后继续。" },
    key_full: { what: "密钥的存储空间已满", way: "请联系客服。请勿自行删除密钥中的内容。" },
    key_fails: {
      what: "密钥没有正常工作",
      way: "请拔出后重新插入，或换一个 USB 接口再试。仍然失败请联系客服；密钥损坏可以办理补办。",
    },
    clock_wrong: { what: "电脑的时间不正确", way: "请在系统设置中打开“自动设置时间”，然后继续。" },
    so_pin_locked: { what: "这个密钥已经不能解锁", way: "密钥的管理密码也已锁定，谁都不能再为它设置新密码。" },
    so_pin_unknown: {
      what: "这个密钥不能在线解锁",
      way: "密钥的管理密码不是由我们设置的，或者被修改过。",
    },
  } satisfies Record<Obstacle, Told>,
  unlock: "去解锁",
  unbind: "先办理证书解绑，再用账号登录购买解锁",
  done: {
    inspect: "检测年限已完成",
    test: "密钥可以正常使用",
    activate: "密钥已启用",
    change_pin: "PIN 已修改",
    login: "密钥已确认",
    renew: "续期完成",
    unlock: "解锁完成，请使用新密码",
    make: "本次制作已完成",
    enrol: "这台电脑已登记为制证工位",
  } satisfies Record<Verb, string>,
  doneText: {
    inspect: "可以拔出密钥，并关闭密钥助手的窗口。",
    test: "密钥已签名，证书有效。可以拔出密钥，并关闭密钥助手的窗口。",
    activate: "新的 PIN 已生效，请妥善保管。可以拔出密钥，并关闭密钥助手的窗口。",
    change_pin: "以后使用这个密钥时请输入新的 PIN。可以拔出密钥，并关闭密钥助手的窗口。",
    login: "请在密钥助手的窗口中继续。",
    renew: "新的证书已写入密钥。可以拔出密钥，并关闭密钥助手的窗口。",
    unlock: "以后使用这个密钥时请输入新的 PIN，请妥善保管。可以拔出密钥，并关闭密钥助手的窗口。",
    make: "可以拔出密钥，并关闭密钥助手的窗口。",
    enrol: "可以关闭密钥助手的窗口。",
  } satisfies Record<Verb, string>,
  facts: { serial: "密钥", medium: "介质", left: "剩余时间", until: "证书有效期至" },
  upgrade: {
    title: "升级可结转",
    by: (name: string) => `购买“${name}”时：`,
    go: "去升级",
    used: "检测结果 24 小时内有效，一个证书只能折算一次。",
  },
  givenUp: "这次操作已放弃",
  givenUpText: "密钥中没有留下任何改动。",
  anew: "重新开始",
  close: "关闭",
  backToList: "返回，继续填写",
  help: {
    title: "密钥助手",
    lead: "密钥助手是装在电脑上的程序。启用密钥、密钥登录、续期、解锁、修改 PIN 和检测密钥时，由它使用插在电脑上的密钥，本网站不直接接触密钥。",
    install: "下载与安装",
    steps: [
      "请用要插密钥的电脑（手机和平板电脑不能使用）。",
      "向客服索取安装包，告知电脑的操作系统和密钥的介质。请勿使用其他来源的安装包。",
      "运行安装包。需要管理员权限时，请联系贵单位的网络管理员。",
      "安装密钥厂商的驱动程序（64 位），再插入密钥。",
      "启动密钥助手，打开自检页，各项应为“正常”。有需要处理的，自检页会写明办法。",
    ],
    start: "启动密钥助手",
    check: "打开自检页",
    use: "怎样使用",
    useSteps: [
      "在本网站“我的密钥”中，点击密钥下方的“启用”“检测密钥”“修改 PIN”等按钮；续期和解锁在付款后从“订单明细”开始；登录时点击“用密钥登录”。",
      "点击“打开密钥助手”，密钥助手在新窗口中打开。",
      "核对窗口中的单位和密钥，输入 PIN，按提示完成。",
      "回到本网站，结果会自动显示。",
    ],
    toKeys: "我的密钥",
    silent: "没有响应时",
    silentSteps: [
      "点击“启动密钥助手”，浏览器询问时选择允许，然后再次打开。",
      "新窗口显示“无法访问此网站”，说明密钥助手没有运行：请启动或重新安装。",
      "密钥助手提示版本过旧时，请按上面的步骤安装新版。",
      "单位的安全软件可能会拦截，请网络管理员允许密钥助手运行。",
    ],
    safe: "安全提示",
    safeText: (address: string) =>
      `只在地址为 ${address} 的窗口中输入密钥的 PIN。客服和本网站都不会询问 PIN。不是自己在本网站上点击打开的窗口，请直接关闭。`,
  },
};

const en: typeof zh = {
  name: "Key assistant",
  verb: {
    inspect: "Read remaining time",
    test: "Test the key",
    activate: "Activate the key",
    change_pin: "Change the PIN",
    login: "Log in by key",
    renew: "Renew the key",
    unlock: "Unlock the key",
    make: "Make keys",
    enrol: "Enrol a desk",
  },
  what: {
    inspect:
      "Reads how much time is left on the key's certificate, and lets the key prove by a signature that you have it. Changes nothing on the key.",
    test: "Lets the key sign once and checks that its certificate is valid. Changes nothing on the key.",
    activate: "You set the PIN of the key. Nobody knows the PIN with which it travelled, and it ends with this.",
    change_pin: "You type the PIN of today and set another one. Certificate and seal stay as they are.",
    login: "The key proves by a signature that you have it, and you are logged in. Changes nothing on the key.",
    renew:
      "You type the PIN of the key, and the key assistant writes the new certificate. Those that are on it stay, each until its own end.",
    unlock: "You set a new PIN for a locked key. Certificate and seal stay as they are.",
    make: "Writes certificates onto blank keys, one after the other.",
    enrol: "Makes this computer a desk.",
  },
  key: "Plug in this key",
  anyKey: "Any key of your company",
  where:
    "Do this on the computer that the key is plugged into. The PIN is typed in the key assistant's window only; this site never asks for it.",
  open: "Open the key assistant",
  again: "Open the key assistant again",
  until: (time) => `Good until ${time}, for this one time.`,
  install: "Download and install",
  notInstalled: "Not installed yet?",
  start: "Installed? Start it here",
  waiting: "Waiting for the key assistant to answer…",
  absent: "The key assistant does not answer",
  absentText:
    "It may not be installed, or not running. If the new window shows a message of the key assistant, do as it says. Open it again once it is running.",
  adrift: "No key assistant has taken this up yet",
  adriftText:
    "This page was reloaded, so the link that opens it has to be got anew. If the key assistant's window is still open you may also go on there.",
  expired: "The link has expired",
  expiredText: "No key assistant took it up in time, and the key was not used. Get a new one to go on.",
  renew: "Get a new link",
  claimed: "The key assistant has it. Please do as its window says; the result shows here.",
  hindered: "Once that is mended, go on in the key assistant's window. The result shows here.",
  about: (version, system) => `Key assistant ${version} (${system})`,
  windowGone: "Window closed?",
  goesOn: "Closing this does not stop the key assistant. To give up, choose “Give up” in its window.",
  contested: (time) => `Another computer tried to use this link at ${time}, and was refused`,
  contestedText:
    "If that was nobody of your company, type no PIN, give up in the key assistant's window, and tell the service desk.",
  contestedOver: "If that was nobody of your company, tell the service desk.",
  lockedInspect: {
    what: "The PIN of the key is locked",
    way: "Its certificate can be read without the PIN, in the window of the key assistant; a reviewer then confirms the time left. To go on using the key, it has to be unlocked.",
  },
  obstacle: {
    no_module: {
      what: "No driver of the key works on that computer",
      way: "Install the key maker's driver (64-bit), or install it again, then go on.",
    },
    no_key: {
      what: "No key found",
      way: "Plug in the key. If it is, try another USB port and check that the maker's driver is installed.",
    },
    wrong_key: {
      what: "Not the key that is needed",
      way: "Plug in the key with the serial number above; it is printed on its case. For another key, give up in the key assistant's window first.",
    },
    no_certificate: {
      what: "There is no certificate on the key",
      way: "Check that it is an activated key of your company; otherwise contact the service desk.",
    },
    pin_wrong: {
      what: "Wrong PIN",
      way: "Check it, then type it again in the key assistant's window. The key locks when no try is left: if you forgot the PIN, order an unlock instead of trying on.",
    },
    pin_locked: { what: "The PIN of the key is locked", way: "The key has to be unlocked before it can be used." },
    key_removed: { what: "The key was unplugged", way: "Plug in the same key again, then go on." },
    key_full: {
      what: "The key has no room left",
      way: "Contact the service desk. Please delete nothing from the key yourself.",
    },
    key_fails: {
      what: "The key does not work as it should",
      way: "Unplug it and plug it in again, or try another USB port. If it fails again, contact the service desk; a damaged key can be replaced.",
    },
    clock_wrong: {
      what: "The clock of that computer is wrong",
      way: "Switch on “set time automatically” in the system settings, then go on.",
    },
    so_pin_locked: {
      what: "This key cannot be unlocked any more",
      way: "Its administrator's password is locked too, so nobody can give it a new PIN.",
    },
    so_pin_unknown: {
      what: "This key cannot be unlocked from here",
      way: "Its administrator's password is not ours, or was changed.",
    },
  },
  unlock: "Order an unlock",
  unbind: "First unbind the certificate, then log in by account and order an unlock",
  done: {
    inspect: "The remaining time was read",
    test: "The key works",
    activate: "The key is activated",
    change_pin: "The PIN was changed",
    login: "The key was recognised",
    renew: "The key is renewed",
    unlock: "The key is unlocked: use the new PIN",
    make: "This work is done",
    enrol: "This computer is a desk now",
  },
  doneText: {
    inspect: "You may unplug the key and close the key assistant's window.",
    test: "The key has signed, and its certificate is valid. You may unplug it and close the key assistant's window.",
    activate: "Your PIN holds from now on; keep it safe. You may unplug the key and close the key assistant's window.",
    change_pin: "From now on the key asks for the new PIN. You may unplug it and close the key assistant's window.",
    login: "Go on in the key assistant's window.",
    renew: "The new certificate is on the key. You may unplug it and close the key assistant's window.",
    unlock:
      "From now on the key asks for the new PIN; keep it safe. You may unplug it and close the key assistant's window.",
    make: "You may unplug the key and close the key assistant's window.",
    enrol: "You may close the key assistant's window.",
  },
  facts: { serial: "Key", medium: "Medium", left: "Time left", until: "Certificate valid until" },
  upgrade: {
    title: "Counts towards an upgrade",
    by: (name) => `When you buy “${name}”:`,
    go: "Upgrade",
    used: "What was read is good for 24 hours, and a certificate gives its credit once.",
  },
  givenUp: "This was given up",
  givenUpText: "Nothing was changed on the key.",
  anew: "Start again",
  close: "Close",
  backToList: "Back to the order",
  help: {
    title: "Key assistant",
    lead: "The key assistant is a program on your computer. It uses the key that is plugged in when it is activated, tested, renewed, unlocked or logged in with, and when its PIN is changed; this site never touches the key itself.",
    install: "Download and install",
    steps: [
      "Use the computer that the key is plugged into; phones and tablets will not do.",
      "Ask the service desk for the installer, and name the operating system and the medium of the key. Use no installer from elsewhere.",
      "Run the installer. If it needs an administrator, ask whoever runs your company's computers.",
      "Install the key maker's driver (64-bit), then plug in the key.",
      "Start the key assistant and open its self-check: every line should say “OK”. What does not says how to mend it.",
    ],
    start: "Start the key assistant",
    check: "Open its self-check",
    use: "How to use it",
    useSteps: [
      "Under “My keys” on this site, press “Activate”, “Test the key”, “Change the PIN” or the like below a key; a renewal or an unlock begins in its paid order; to log in, press “Log in by key”.",
      "Press “Open the key assistant”; it opens in a new window.",
      "Check company and key in that window, type the PIN, and do as it says.",
      "Come back to this site: the result shows by itself.",
    ],
    toKeys: "My keys",
    silent: "When it does not answer",
    silentSteps: [
      "Press “Start the key assistant”, allow it when the browser asks, then open it again.",
      "The new window says that the site cannot be reached: the key assistant is not running. Start it, or install it again.",
      "If it says that its version is too old, install the new one as above.",
      "Your company's security software may stop it: ask whoever runs the network to allow the key assistant.",
    ],
    safe: "To be safe",
    safeText: (address) =>
      `Type the PIN of a key only in a window whose address is ${address}. Neither the service desk nor this site ever asks for it. Close any such window that you did not open from this site yourself.`,
  },
};

/** What is said of an operation whoever asked for it; the console says some of it in other words. */
export type AgentWords = Pick<
  typeof zh,
  | "open"
  | "again"
  | "until"
  | "install"
  | "notInstalled"
  | "start"
  | "waiting"
  | "absent"
  | "absentText"
  | "adrift"
  | "adriftText"
  | "expired"
  | "expiredText"
  | "renew"
  | "claimed"
  | "hindered"
  | "about"
  | "windowGone"
  | "goesOn"
  | "contested"
  | "contestedText"
  | "contestedOver"
  | "obstacle"
  | "givenUp"
  | "givenUpText"
  | "anew"
>;

export const agentTexts: Texts<typeof zh> = { zh, en };
