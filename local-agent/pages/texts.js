/** All that the pages say. `{names}` stand for what the agent tells along. */
export const texts = {
  zh: {
    name: "Sealkey 密钥助手",
    other: "English",

    "check.title": "助手自检",
    "check.hint":
      "要使用密钥，请在网站上点击相应按钮，网站会打开本页面。下面是本机各项的状态。",
    "check.again": "重新检查",
    "check.running": "正在检查……",
    "check.allGood": "各项正常。",
    "check.someBad": "有 {count} 项需要处理，处理办法见各行说明。",
    "check.copy": "复制报告",
    "check.copied": "已复制。报告中没有 PIN，密钥序列号只有后四位。",
    "check.notCopied": "浏览器不允许复制，请展开报告后手动选择。",
    "check.report": "报告内容",
    "check.log": "最近的日志",
    "check.noLog": "还没有日志。",
    "check.good": "正常",
    "check.bad": "需处理",
    "check.unknown": "未知",

    "item.agent": "助手",
    "item.version": "版本",
    "item.module": "驱动模块",
    "item.reader": "插入的密钥",
    "item.key": "密钥",
    "item.certificate": "证书",
    "item.clock": "本机时间",
    "item.cloud": "云端服务",

    "fact.agent": "正在运行",
    "fact.count": "{count} 个",
    "fact.key": "{serial}（{label}），{tries}",
    "fact.certificate": "密钥 {serial} 的证书，有效期至 {not_after}",
    "fact.seconds": "与云端相差 {seconds} 秒",

    "tries.many": "PIN 可正常输入",
    "tries.few": "PIN 已输错过，请核对后再输入",
    "tries.last": "PIN 只剩最后一次机会",
    "tries.locked": "PIN 已锁定",
    "tries.unknown": "密钥未说明 PIN 剩余次数",

    "medium.cpp": "蓝色 CPP",
    "medium.bjca": "BJCA",

    "verb.inspect": "检测密钥的剩余年限",
    "verb.test": "测试密钥能否正常使用",
    "verb.make": "制作密钥",
    "verb.enrol": "把这台电脑登记为制证工位",
    "verb.activate": "启用新密钥：设置本单位自己的 PIN",
    "verb.change_pin": "修改密钥的 PIN",
    "verb.login": "用密钥登录网站",
    "verb.renew": "为密钥续期：写入新的证书",
    "verb.unlock": "解锁密钥：设置新的 PIN",

    "scrap.key_fails": "密钥不能正常工作",
    "scrap.no_room": "密钥空间不足",
    "scrap.self_test": "自检未通过",
    "scrap.interrupted": "制作中断，无法继续",
    "scrap.damaged": "外壳损坏或印刷有误",

    "ask.title": "请确认",
    "ask.company": "申请单位",
    "ask.site": "来自网站",
    "ask.verb": "要做的事",
    "ask.needed": "需要的密钥",
    "ask.any": "本单位的任意一个密钥",
    "ask.anyOwn": "您所在单位的密钥",
    "ask.desk": "工位名称",
    "ask.changesNothing": "此操作不会改动密钥中的内容。",
    "ask.keys": "已插入的密钥",
    "ask.noKeys": "没有发现密钥。请插入密钥，本页会自动更新。",
    "ask.choose": "请选择要使用的密钥：",
    "ask.waiting": "插入正确的密钥后即可继续。",
    "ask.until": "证书有效期至 {not_after}",
    "ask.current": "密钥 PIN（证书密码）",
    "ask.new": "新 PIN",
    "ask.again": "再次输入新 PIN",
    "ask.length": "{min} 至 {max} 位",
    "ask.locked":
      "PIN 已锁定，密钥不能证明自己，但其中的证书仍可读取。剩余年限将由审核人员核实。要继续使用这个密钥，请在网站上办理解锁。",
    "ask.read": "不用 PIN，只读取证书",
    "ask.pad": "请在读卡器的键盘上输入 PIN。",
    "ask.go": "确认并继续",
    "ask.stop": "放弃",
    "ask.differs": "两次输入的新 PIN 不一致，请重新输入。",
    "ask.lastTitle": "这是最后一次机会",
    "ask.lastText":
      "如果这次 PIN 仍然不正确，密钥 {serial} 将被锁定，需要办理解锁。确定要继续吗？",
    "ask.lastYes": "我已核对，继续",
    "ask.lastNo": "返回核对",

    "enrol.text": "登记后，这台电脑可以制作密钥。请确认您正坐在这台电脑前。",
    "enrol.go": "这台电脑登记为制证工位：{desk}",
    "enrol.done": "这台电脑已登记为制证工位：{desk}。",

    "make.order": "订单 / 商品行",
    "make.product": "商品",
    "make.made": "进度",
    "make.of": "共 {of} 把",
    "make.madeOf": "已完成 {made} 把，共 {of} 把",
    "make.serial": "正在制作",
    "make.text": "请核对外壳上的序列号，然后开始。制作时不需要输入 PIN。",
    "make.choose": "请在上面选择要写入的那一把。",
    "make.waiting": "请插入一把空白密钥。",
    "make.waitingMade": "请插入本订单中已制作完成的密钥。",
    "make.waitingFor":
      "请插入序列号为 {serial} 的密钥后继续；确实无法继续时，可将它作废。",
    "make.go": "制作这把密钥：{serial}",
    "make.goOn": "继续制作：{serial}",
    "make.stop": "不再制作",
    "make.finish": "完成这一把后结束",
    "make.finishing": "完成这一把后结束。",
    "make.reason": "作废原因",
    "make.scrap": "作废 {serial}，换一把",
    "make.scrapTitle": "确定作废密钥 {serial}？",
    "make.scrapText":
      "作废后这把密钥不能再使用，已签发的证书会被吊销。请把它单独存放，等待销毁。",
    "make.scrapYes": "作废",
    "make.scrapNo": "返回",

    "renew.text":
      "密钥会生成新的密钥对并写入新证书；原有的证书和密钥对保留不动，以前加密的文件仍可解密。",
    "renew.kept":
      "新证书已经申请，续期需要完成。请插入密钥并输入 PIN 继续；现在不方便时可以稍后再做，下次启动助手时会接着进行。",
    "renew.ending":
      "正在放弃续期：输入 PIN 后，助手会删除已生成的新密钥对。无法输入 PIN 时再点一次“放弃”即可结束，留下的新密钥对没有证书，不影响使用。",
    "renew.later": "稍后再做",

    "unlock.code": "请在网站的解锁页面输入这个确认码：",
    "unlock.text":
      "确认码只输入在您打开本页的那个网站上，不要告诉任何人。然后在下面设置新的 PIN。",
    "unlock.waiting": "等待网站确认",
    "unlock.waitingText":
      "请回到网站输入上面的确认码，确认后这里会自动继续。请不要拔出密钥。",

    "work.title": "正在处理，请不要拔出密钥",
    "step.claiming": "正在领取任务",
    "step.checking_pin": "正在核对 PIN",
    "step.confirming": "正在等待您在网站上输入确认码",
    "step.unlocking": "正在解锁密钥",
    "step.reading": "正在读取密钥",
    "step.signing": "密钥正在签名",
    "step.taking": "正在领取这把密钥的资料",
    "step.initialising": "正在初始化密钥",
    "step.generating": "密钥正在生成密钥对",
    "step.requesting": "正在申请证书",
    "step.writing": "正在写入证书",
    "step.trying": "正在自检",
    "step.changing": "正在更换 PIN",
    "step.reporting": "正在把结果告知云端",

    "done.title": "已完成",
    "done.text": "结果已送达网站。可以拔出密钥并关闭本窗口。",
    "done.serial": "密钥序列号",
    "done.medium": "介质",
    "done.until": "证书有效期至",

    "failed.title": "未能完成",
    "failed.text": "此次操作已结束，没有留下任何改动。",
    "end.check": "查看助手自检",
    "end.back": "返回",
    "end.operation": "操作编号 {operation}",

    "page.gone": "联系不上助手",
    "page.goneWay":
      "助手可能已退出。请重新启动密钥助手，然后刷新本页；未完成的操作会继续。",
    "page.stale": "本页已失效",
    "page.staleWay": "助手在本页打开之后重新启动过。请刷新本页。",
    "page.reload": "刷新",
    "page.loading": "正在连接助手……",

    "trouble.malformed": "页面与助手的版本不一致",
    "way.malformed": "请刷新本页。",
    "trouble.ticket_malformed": "打开本页的链接不完整",
    "way.ticket_malformed": "请回到网站，重新点击按钮。",
    "trouble.ticket_unknown": "这个链接不是由受信任的网站签发的",
    "way.ticket_unknown":
      "请不要输入 PIN。请从官方网站重新打开；如果链接来自他人，请联系客服。",
    "trouble.ticket_expired": "链接已过期",
    "way.ticket_expired": "请回到网站，重新点击按钮。",
    "trouble.ticket_taken": "这个任务已在另一台电脑上打开",
    "way.ticket_taken":
      "如果不是您本人所为，请在网站上取消该操作并联系客服；否则请在那台电脑上继续。",
    "trouble.operation_ended": "这个操作已经结束",
    "way.operation_ended": "请回到网站查看结果，需要时重新发起。",
    "trouble.agent_old": "此版本的助手不能完成这个操作",
    "way.agent_old": "请在网站上下载并安装新版助手，然后重新点击按钮。",
    "trouble.clock_wrong": "本机时间不正确，相差约 {minutes} 分钟",
    "way.clock_wrong": "请在系统设置中打开“自动设置时间”，然后重试。",
    "trouble.busy": "密钥正在被使用，或另一个操作正在进行",
    "way.busy": "请先完成或放弃那个操作，关闭其他使用密钥的程序，然后重试。",
    "trouble.not_asked": "助手现在没有等待这个输入",
    "way.not_asked": "请刷新本页查看当前状态。",
    "trouble.cloud_unreachable": "连接不上云端服务",
    "way.cloud_unreachable":
      "请检查网络；如果单位网络有防火墙或代理，请联系网络管理员。",
    "trouble.cloud_refused": "云端拒绝了这个操作",
    "way.cloud_refused": "请回到网站查看原因，需要时重新发起。",
    "trouble.journal_unwritable": "助手无法在本机写入记录",
    "way.journal_unwritable": "请检查磁盘空间，以及助手的数据文件夹能否写入。",
    "trouble.journal_aside": "有 {files} 个损坏的记录文件已另行保存",
    "way.journal_aside": "可能有操作未完成。请复制报告并联系客服。",
    "trouble.no_profile": "没有任何密钥型号的配置：{folder}",
    "way.no_profile": "请重新安装助手。",
    "trouble.no_module": "没有安装密钥厂商的驱动：{path}",
    "way.no_module": "请安装密钥厂商的驱动程序，然后重新检查。",
    "trouble.module_broken": "密钥厂商的驱动无法工作：{path}",
    "way.module_broken": "请重新安装厂商驱动，并确认它与助手同为 64 位版本。",
    "trouble.module_reports": "密钥厂商的驱动报告错误：{name}",
    "way.module_reports":
      "请拔出密钥后重新插入再试；仍不成功请复制报告并联系客服。",
    "trouble.no_key": "没有发现密钥",
    "way.no_key":
      "请插入密钥。已插入时请换一个 USB 接口，并确认厂商驱动已安装。",
    "trouble.wrong_key": "不是需要的密钥：插入的是 {found}，需要 {needed}",
    "way.wrong_key": "请插入序列号为 {needed} 的密钥，序列号印在密钥外壳上。",
    "trouble.removed": "密钥被拔出或更换",
    "way.removed": "请重新插入同一个密钥，然后再试。",
    "trouble.pin_wrong": "PIN 不正确。{tries}",
    "way.pin_wrong": "请核对后再输入；忘记 PIN 请在网站上办理解锁。",
    "trouble.last_try": "只剩最后一次机会，需要您确认",
    "way.last_try": "请核对 PIN，并确认愿意使用最后一次机会。",
    "trouble.pin_locked": "PIN 已锁定",
    "way.pin_locked": "请在网站上为这个密钥办理解锁。",
    "trouble.pin_length": "PIN 的长度应为 {min} 至 {max} 位",
    "way.pin_length": "请重新输入；这次没有计入错误次数。",
    "trouble.pin_not_set": "这个密钥还没有设置 PIN",
    "way.pin_not_set": "请先在网站上启用这个密钥。",
    "trouble.full": "密钥的存储空间已满",
    "way.full": "请联系客服。",
    "trouble.no_certificate": "密钥中没有证书",
    "way.no_certificate":
      "请确认插入的是本单位已制作完成的密钥；仍有疑问请联系客服。",
    "trouble.certificate_not_valid": "证书不在有效期内（有效期至 {not_after}）",
    "way.certificate_not_valid":
      "如已到期，请在网站上办理续期；否则请核对本机时间。",
    "trouble.issuer_unknown": "密钥中的证书不是本系统认可的机构签发的",
    "way.issuer_unknown": "请换成网站上列出的密钥；仍有疑问请联系客服。",
    "trouble.certificate_revoked": "密钥中的证书已吊销或已挂失",
    "way.certificate_revoked": "请在网站“我的密钥”中查看，可以办理补办。",
    "trouble.certificate_ended": "密钥中的证书已到期",
    "way.certificate_ended":
      "已没有剩余年限；请在网站上办理续期，或按全价升级。",
    "trouble.not_your_key": "这不是本单位的密钥",
    "way.not_your_key": "请插入网站“我的密钥”中列出的密钥，然后重试。",
    "trouble.key_fails": "密钥没有正常工作",
    "way.key_fails": "请拔出密钥，重新插入后重试；仍然失败请联系客服。",
    "trouble.unsupported": "这个密钥不支持此操作",
    "way.unsupported": "请确认密钥型号，或联系客服。",
    "trouble.not_a_desk": "这台电脑不是已登记的制证工位",
    "way.not_a_desk":
      "请管理员坐在这台电脑前，在控制台“制证工位”中登记，然后重新点击按钮。",
    "trouble.key_not_blank": "这把密钥不是库存中的空白密钥",
    "way.key_not_blank": "请换一把空白密钥，或先在控制台登记入库。",
    "trouble.key_not_made": "这把密钥还没有制作过",
    "way.key_not_made": "请插入本订单中已制作完成的密钥。",
    "trouble.key_of_other_medium": "这把密钥的介质与订单不符",
    "way.key_of_other_medium": "请换成订单要求的介质。",
    "trouble.unit_gone": "这把密钥的制作已作废，或正由另一工位进行",
    "way.unit_gone": "请换一把空白密钥。",
    "trouble.nothing_to_make": "该商品没有待制作的密钥了",
    "way.nothing_to_make": "请点击“不再制作”，回到控制台查看。",
    "trouble.key_begun": "有一把密钥已开始写入",
    "way.key_begun": "请先插入那把密钥完成它，或将它作废。",
    "trouble.certificate_already_issued": "这把密钥已按另一份请求签发过证书",
    "way.certificate_already_issued":
      "已签发的证书无法再写入。请将这把密钥作废，换一把重新制作。",
    "trouble.so_pin_wrong": "密钥的管理员 PIN 不正确，为避免锁死不会再次尝试",
    "way.so_pin_wrong": "这把密钥可能被其他程序初始化过。请将它作废，换一把。",
    "trouble.so_pin_locked": "密钥的管理员 PIN 已锁死，无法再解锁",
    "way.so_pin_locked":
      "请联系订购服务，为您更换这个密钥；密钥上没有任何改动。",
    "trouble.so_pin_unknown": "密钥的管理员 PIN 与云端记录不符，无法在线解锁",
    "way.so_pin_unknown":
      "为避免锁死不会再次尝试。请联系订购服务，为您更换这个密钥。",
    "trouble.not_confirmed": "网站上还没有输入确认码",
    "way.not_confirmed": "请回到网站，输入本页显示的六位确认码。",
    "trouble.no_unlock": "这个密钥无法再解锁",
    "way.no_unlock": "请点击“放弃”，并联系订购服务更换这个密钥。",
    "trouble.unlock_interrupted": "上次解锁时中断了",
    "way.unlock_interrupted":
      "请再次输入新 PIN（可以与上次不同），会从中断处接着做。",
    "trouble.renewal_interrupted": "上次续期时中断了",
    "way.renewal_interrupted":
      "请插入同一个密钥并输入 PIN，会从中断处接着做。原有的证书和密钥对没有改动。",
    "trouble.renewal_lost": "密钥上的新密钥对已不存在，而证书已为它签发",
    "way.renewal_lost": "原有的证书仍可使用到期。请联系订购服务处理。",
    "trouble.pairs_left": "密钥上还有为续期生成的新密钥对",
    "way.pairs_left": "请输入 PIN 以便删除它们；无法输入时再点一次“放弃”。",
    "way.make.so_pin_locked": "请将这把密钥作废，换一把。",
    "way.inspect.pin_locked":
      "可以不用 PIN 只读取证书；要继续使用这个密钥，请在网站上办理解锁。",
    "way.unlock.pin_locked":
      "密钥已接受新 PIN，但仍然锁定。请联系订购服务，为您更换这个密钥。",
    "way.renew.full":
      "密钥中放不下新证书，原有内容没有改动。请用厂商工具清理密钥中不用的数据后重试，或联系客服更换密钥。",
    "way.renew.self_test":
      "请拔出密钥，重新插入后继续；仍然失败请联系订购服务。原有的证书仍可使用。",
    "trouble.serial_changed":
      "初始化后密钥的序列号变成了 {found}，库存中是 {needed}",
    "way.serial_changed": "这个型号不能这样制作。请将它作废，并联系技术人员。",
    "trouble.self_test": "密钥自检未通过：签名或密钥协商结果不正确",
    "way.self_test": "请将这把密钥作废，换一把重新制作。",
    "trouble.making_interrupted": "上次制作这把密钥时中断了",
    "way.making_interrupted":
      "请插入这把密钥并点击“继续制作”，会从中断处接着做；无法继续时请作废。",
    "trouble.transport_pin_wrong": "密钥的出厂传输 PIN 已被改动",
    "way.transport_pin_wrong":
      "为避免锁死不会再次尝试。请停止使用这把密钥并联系客服。",
    "trouble.pin_interrupted": "上次设置 PIN 时中断了，不能确定是否已经生效",
    "way.pin_interrupted":
      "请再次输入当时选定的新 PIN；助手会先核对它是否已生效。",
    "trouble.pin_weak": "这个 PIN 太容易被猜到",
    "way.pin_weak": "请不要使用相同的字符、连续的数字，或密钥序列号中的数字。",
  },

  en: {
    name: "Sealkey key assistant",
    other: "中文",

    "check.title": "Self-check",
    "check.hint":
      "To use a key, press the button for it on the website; it opens this page. This is how this computer stands.",
    "check.again": "Check again",
    "check.running": "Checking…",
    "check.allGood": "Everything is in order.",
    "check.someBad": "To be mended: {count}. Each line says how.",
    "check.copy": "Copy report",
    "check.copied":
      "Copied. There is no PIN in the report, and only the last four characters of serial numbers.",
    "check.notCopied":
      "The browser does not allow copying. Please open the report and select it by hand.",
    "check.report": "The report",
    "check.log": "Latest log",
    "check.noLog": "Nothing in the log yet.",
    "check.good": "OK",
    "check.bad": "Not OK",
    "check.unknown": "Unknown",

    "item.agent": "Assistant",
    "item.version": "Version",
    "item.module": "Driver module",
    "item.reader": "Keys plugged in",
    "item.key": "Key",
    "item.certificate": "Certificate",
    "item.clock": "Clock",
    "item.cloud": "Cloud service",

    "fact.agent": "Running",
    "fact.count": "{count}",
    "fact.key": "{serial} ({label}), {tries}",
    "fact.certificate": "Certificate of key {serial}, valid until {not_after}",
    "fact.seconds": "{seconds} seconds apart from the cloud",

    "tries.many": "the PIN can be typed as usual",
    "tries.few": "the PIN was typed wrong before, please check it first",
    "tries.last": "one last try is left for the PIN",
    "tries.locked": "the PIN is locked",
    "tries.unknown": "the key does not tell how many tries are left",

    "medium.cpp": "Blue CPP",
    "medium.bjca": "BJCA",

    "verb.inspect": "Read how much time is left on a key",
    "verb.test": "Test whether a key works",
    "verb.make": "Make keys",
    "verb.enrol": "Make this computer a desk at which keys are made",
    "verb.activate": "Put a new key to use: set a PIN of your own",
    "verb.change_pin": "Change the PIN of a key",
    "verb.login": "Log in to the website by key",
    "verb.renew": "Renew a key: new certificates for a further term",
    "verb.unlock": "Unlock a key: set a new PIN",

    "scrap.key_fails": "the key does not work as it should",
    "scrap.no_room": "the key has no room",
    "scrap.self_test": "the self-test failed",
    "scrap.interrupted": "interrupted, and cannot go on",
    "scrap.damaged": "the case is damaged, or its print is wrong",

    "ask.title": "Please confirm",
    "ask.company": "Company that asks",
    "ask.site": "By the website",
    "ask.verb": "What for",
    "ask.needed": "Key needed",
    "ask.any": "Any key of this company",
    "ask.anyOwn": "A key of your company",
    "ask.desk": "Name of the desk",
    "ask.changesNothing": "This changes nothing on the key.",
    "ask.keys": "Keys plugged in",
    "ask.noKeys":
      "No key found. Please plug one in; this page follows by itself.",
    "ask.choose": "Please choose the key to use:",
    "ask.waiting": "Plug in the right key to go on.",
    "ask.until": "certificate valid until {not_after}",
    "ask.current": "PIN of the key",
    "ask.new": "New PIN",
    "ask.again": "New PIN once more",
    "ask.length": "{min} to {max} characters",
    "ask.locked":
      "The PIN is locked: the key cannot prove itself, but the certificate on it can be read. A reviewer confirms the time left. To go on using the key, please order an unlock on the website.",
    "ask.read": "Read the certificate without the PIN",
    "ask.pad": "Please type the PIN on the keypad of the reader.",
    "ask.go": "Confirm and go on",
    "ask.stop": "Give up",
    "ask.differs": "The two new PINs are not the same. Please type them again.",
    "ask.lastTitle": "This is the last try",
    "ask.lastText":
      "If the PIN is wrong once more, key {serial} is locked and has to be unlocked by an order. Go on?",
    "ask.lastYes": "I checked it, go on",
    "ask.lastNo": "Back to check it",

    "enrol.text":
      "After this, keys can be made at this computer. Please be sure that you sit at it.",
    "enrol.go": "Make this computer the desk: {desk}",
    "enrol.done": "This computer is the desk: {desk}.",

    "make.order": "Order / line",
    "make.product": "Product",
    "make.made": "Progress",
    "make.of": "{of} keys in all",
    "make.madeOf": "{made} of {of} made",
    "make.serial": "In hand",
    "make.text":
      "Please compare the serial number with the one on the case, then begin. No PIN is asked for.",
    "make.choose": "Choose above which one to write on.",
    "make.waiting": "Please plug in a blank key.",
    "make.waitingMade":
      "Please plug in a key of this order that is made already.",
    "make.waitingFor":
      "Please plug in the key {serial} to go on; if that is impossible, scrap it.",
    "make.go": "Make this key: {serial}",
    "make.goOn": "Go on with {serial}",
    "make.stop": "Make no more",
    "make.finish": "Stop after this key",
    "make.finishing": "It stops after this key.",
    "make.reason": "Reason for scrapping",
    "make.scrap": "Scrap {serial}, take another",
    "make.scrapTitle": "Scrap key {serial}?",
    "make.scrapText":
      "The key can never be used again, and certificates that were issued for it are revoked. Put it aside for destruction.",
    "make.scrapYes": "Scrap it",
    "make.scrapNo": "Back",

    "renew.text":
      "The key makes new key pairs and gets new certificates. What is on it stays: files that were encrypted before can still be opened.",
    "renew.kept":
      "The new certificates were asked for, so the renewal has to be finished. Plug in the key and type its PIN to go on. If that does not suit now, do it later: it goes on when the assistant is started the next time.",
    "renew.ending":
      "The renewal is being given up: type the PIN, so that the new key pairs are removed. If you cannot, press “Give up” once more; what stays on the key has no certificate and does no harm.",
    "renew.later": "Later",

    "unlock.code":
      "Type this code on the website, where you asked for the unlock:",
    "unlock.text":
      "Type it only on the website that opened this page, and tell it to nobody. Then choose a new PIN below.",
    "unlock.waiting": "Waiting for the website",
    "unlock.waitingText":
      "Please go back to the website and type the code above; this page goes on by itself. Leave the key plugged in.",

    "work.title": "Working. Please leave the key plugged in",
    "step.claiming": "Taking the task",
    "step.checking_pin": "Checking the PIN",
    "step.confirming": "Waiting for the code to be typed on the website",
    "step.unlocking": "Unlocking the key",
    "step.reading": "Reading the key",
    "step.signing": "The key is signing",
    "step.taking": "Fetching what belongs to this key",
    "step.initialising": "Initialising the key",
    "step.generating": "The key makes its key pairs",
    "step.requesting": "Asking for the certificates",
    "step.writing": "Writing the certificates",
    "step.trying": "Testing the key",
    "step.changing": "Changing the PIN",
    "step.reporting": "Telling the cloud the result",

    "done.title": "Done",
    "done.text":
      "The website has the result. You may unplug the key and close this window.",
    "done.serial": "Serial number of the key",
    "done.medium": "Medium",
    "done.until": "Certificate valid until",

    "failed.title": "Not done",
    "failed.text": "The operation has ended and left nothing behind.",
    "end.check": "To the self-check",
    "end.back": "Back",
    "end.operation": "Operation {operation}",

    "page.gone": "The assistant does not answer",
    "page.goneWay":
      "It may have ended. Please start the key assistant again, then reload this page; what was not finished goes on.",
    "page.stale": "This page is out of date",
    "page.staleWay":
      "The assistant was started anew after this page was opened. Please reload.",
    "page.reload": "Reload",
    "page.loading": "Connecting to the assistant…",

    "trouble.malformed": "The page and the assistant are of different versions",
    "way.malformed": "Please reload this page.",
    "trouble.ticket_malformed":
      "The link that opened this page is not complete",
    "way.ticket_malformed":
      "Please go back to the website and press the button again.",
    "trouble.ticket_unknown": "This link was not signed by a trusted website",
    "way.ticket_unknown":
      "Do not type a PIN. Please start again from the official website; if somebody sent you the link, tell the service desk.",
    "trouble.ticket_expired": "The link has expired",
    "way.ticket_expired":
      "Please go back to the website and press the button again.",
    "trouble.ticket_taken": "This task was opened on another computer",
    "way.ticket_taken":
      "If that was not you, cancel the operation on the website and tell the service desk; otherwise go on over there.",
    "trouble.operation_ended": "This operation has ended",
    "way.operation_ended":
      "Please look at the result on the website, and start anew if needed.",
    "trouble.agent_old": "This version of the assistant cannot do that",
    "way.agent_old":
      "Please get the new assistant from the website, install it, and press the button again.",
    "trouble.clock_wrong":
      "The clock of this computer is wrong by about {minutes} minutes",
    "way.clock_wrong":
      "Please switch on “set time automatically” in the system settings, then try again.",
    "trouble.busy": "The key is in use, or another operation is under way",
    "way.busy":
      "Please finish or give up that operation, close other programs that use the key, then try again.",
    "trouble.not_asked": "The assistant does not wait for this now",
    "way.not_asked": "Please reload this page to see how it stands.",
    "trouble.cloud_unreachable": "The cloud service cannot be reached",
    "way.cloud_unreachable":
      "Please check the network; behind a company's firewall or proxy, ask whoever runs the network.",
    "trouble.cloud_refused": "The cloud refused this operation",
    "way.cloud_refused":
      "Please look for the reason on the website, and start anew if needed.",
    "trouble.journal_unwritable":
      "The assistant cannot write its records on this computer",
    "way.journal_unwritable":
      "Please check that the disk has room and that the assistant's data folder can be written.",
    "trouble.journal_aside": "Damaged records were put aside: {files}",
    "way.journal_aside":
      "An operation may not be finished. Please copy the report and contact the service desk.",
    "trouble.no_profile": "There is no profile of any key model: {folder}",
    "way.no_profile": "Please install the assistant again.",
    "trouble.no_module": "The key maker's driver is not installed: {path}",
    "way.no_module": "Please install the key maker's driver, then check again.",
    "trouble.module_broken": "The key maker's driver does not work: {path}",
    "way.module_broken":
      "Please install that driver again, in a 64-bit version like the assistant's.",
    "trouble.module_reports": "The key maker's driver reports: {name}",
    "way.module_reports":
      "Please unplug the key, plug it in and try again; if that does not help, copy the report for the service desk.",
    "trouble.no_key": "No key found",
    "way.no_key":
      "Please plug in the key. If it is, try another USB port and check that its driver is installed.",
    "trouble.wrong_key":
      "Not the key that is needed: {found} is plugged in, {needed} is needed",
    "way.wrong_key":
      "Please plug in the key with serial number {needed}; it is printed on its case.",
    "trouble.removed": "The key was unplugged or swapped",
    "way.removed": "Please plug in the same key again, then try again.",
    "trouble.pin_wrong": "Wrong PIN: {tries}",
    "way.pin_wrong":
      "Please check it before you type again; if you forgot it, order an unlock on the website.",
    "trouble.last_try": "One last try is left, and you have to say yes to it",
    "way.last_try":
      "Please check the PIN, and confirm that you want to use the last try.",
    "trouble.pin_locked": "The PIN is locked",
    "way.pin_locked": "Please order an unlock for this key on the website.",
    "trouble.pin_length": "A PIN has {min} to {max} characters",
    "way.pin_length":
      "Please type it again; this did not count as a wrong try.",
    "trouble.pin_not_set": "This key has no PIN yet",
    "way.pin_not_set": "Please activate this key on the website first.",
    "trouble.full": "The key has no room left",
    "way.full": "Please contact the service desk.",
    "trouble.no_certificate": "There is no certificate on the key",
    "way.no_certificate":
      "Please check that this is a finished key of your company; otherwise contact the service desk.",
    "trouble.certificate_not_valid":
      "The certificate is not valid now (valid until {not_after})",
    "way.certificate_not_valid":
      "If it has ended, order a renewal on the website; otherwise check this computer's clock.",
    "trouble.issuer_unknown":
      "The certificate on the key is from no issuer that counts here",
    "way.issuer_unknown":
      "Please use a key that the website lists; otherwise contact the service desk.",
    "trouble.certificate_revoked":
      "The certificate on the key was revoked or suspended",
    "way.certificate_revoked":
      "Please look at “My keys” on the website; a replacement can be ordered there.",
    "trouble.certificate_ended": "The certificate on the key has ended",
    "way.certificate_ended":
      "No time is left on it. Please order a renewal on the website, or an upgrade at the full price.",
    "trouble.not_your_key": "This is not a key of your company",
    "way.not_your_key":
      "Please plug in a key that “My keys” on the website lists, then try again.",
    "trouble.key_fails": "The key does not work as it should",
    "way.key_fails":
      "Please pull the key out, plug it in and try again; if it fails again, contact the service desk.",
    "trouble.unsupported": "This key cannot do that",
    "way.unsupported":
      "Please check the model of the key, or contact the service desk.",
    "trouble.not_a_desk": "This computer is not enrolled as a desk",
    "way.not_a_desk":
      "Please have an administrator enrol it, sitting at it, under “Desks” in the console, then press the button again.",
    "trouble.key_not_blank": "This key is no blank one of the stock",
    "way.key_not_blank":
      "Please take another blank key, or take this one into the stock first.",
    "trouble.key_not_made": "This key was never made",
    "way.key_not_made":
      "Please plug in a key of this order that is made already.",
    "trouble.key_of_other_medium":
      "This key is of another medium than the order asks for",
    "way.key_of_other_medium": "Please take one of that medium.",
    "trouble.unit_gone":
      "The work on this key was given up, or another desk does it",
    "way.unit_gone": "Please take another blank key.",
    "trouble.nothing_to_make": "No key of this line is left to be made",
    "way.nothing_to_make":
      "Please press “Make no more” and look at the console.",
    "trouble.key_begun": "A key is begun",
    "way.key_begun": "Please plug that key in and finish it, or scrap it.",
    "trouble.certificate_already_issued":
      "Certificates were issued for this key on another request",
    "way.certificate_already_issued":
      "They can no longer be written. Please scrap this key and take another one.",
    "trouble.so_pin_wrong":
      "The SO PIN of the key was wrong; it is not tried again, lest it locks",
    "way.so_pin_wrong":
      "Another program may have initialised this key. Please scrap it and take another one.",
    "trouble.so_pin_locked":
      "The SO PIN of the key is locked: nobody can unlock it any more",
    "way.so_pin_locked":
      "Please contact the order service, which replaces the key. Nothing on it was changed.",
    "trouble.so_pin_unknown":
      "The key has another SO PIN than the cloud knows, so it cannot be unlocked from here",
    "way.so_pin_unknown":
      "None is tried again, lest the key locks for ever. Please contact the order service, which replaces the key.",
    "trouble.not_confirmed": "The code was not typed on the website yet",
    "way.not_confirmed":
      "Please go back to the website and type the six digits that this page shows.",
    "trouble.no_unlock": "This key cannot be unlocked any more",
    "way.no_unlock":
      "Please press “Give up”, and ask the order service to replace the key.",
    "trouble.unlock_interrupted": "The unlocking was interrupted",
    "way.unlock_interrupted":
      "Please type a new PIN once more, the same or another one: it goes on where it stopped.",
    "trouble.renewal_interrupted": "The renewal was interrupted",
    "way.renewal_interrupted":
      "Please plug in the same key and type its PIN: it goes on where it stopped. What was on the key is as it was.",
    "trouble.renewal_lost":
      "Certificates were issued for new key pairs that are no longer on the key",
    "way.renewal_lost":
      "The old certificate still works until it ends. Please contact the order service.",
    "trouble.pairs_left":
      "The key pairs that were made for the renewal are still on the key",
    "way.pairs_left":
      "Please type the PIN so that they are removed; if you cannot, press “Give up” once more.",
    "way.make.so_pin_locked": "Please scrap this key and take another one.",
    "way.inspect.pin_locked":
      "The certificate can be read without the PIN. To go on using the key, please order an unlock on the website.",
    "way.unlock.pin_locked":
      "The key took the new PIN and stays locked all the same. Please contact the order service, which replaces it.",
    "way.renew.full":
      "The new certificates do not fit. Please remove data that is no longer used, with the tool of the key's maker, and go on; or ask the service desk for another key. What was on the key is as it was.",
    "way.renew.self_test":
      "Please pull the key out, plug it in and go on; if it fails again, contact the order service. The old certificate still works.",
    "trouble.serial_changed":
      "Since it was initialised the key's serial number is {found}; in stock it is {needed}",
    "way.serial_changed":
      "This model cannot be made like that. Please scrap it and tell the engineers.",
    "trouble.self_test":
      "The key failed its self-test: what it signed or agreed on was wrong",
    "way.self_test": "Please scrap this key and take another one.",
    "trouble.making_interrupted": "The work on this key was interrupted",
    "way.making_interrupted":
      "Please plug it in and press “Go on”: it continues where it stopped. If that is impossible, scrap it.",
    "trouble.transport_pin_wrong":
      "The PIN with which this key travelled was changed",
    "way.transport_pin_wrong":
      "It is not tried again, lest the key locks. Please do not use this key, and contact the service desk.",
    "trouble.pin_interrupted":
      "The setting of the PIN was interrupted; nobody knows whether it is in force",
    "way.pin_interrupted":
      "Please type the PIN that you chose then once more: it is tried first.",
    "trouble.pin_weak": "This PIN is guessed too easily",
    "way.pin_weak":
      "Please use no repeated character, no run of digits, and no part of the serial number.",
  },
};
