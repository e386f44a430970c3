//! Trade bills as the gateways write them, from rows.

use std::io::{Cursor, Write as _};

use domain::money::Money;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Our number of the payment.
    pub(crate) payment: String,
    /// The gateway's.
    pub(crate) trade_no: String,
    /// How much came, or went back.
    pub(crate) amount: Money,
    /// When.
    pub(crate) at: Timestamp,
    /// Our number of the refund, if it is one.
    pub(crate) refund: Option<String>,
}

/// Time in China, as bills and Alipay write it.
pub(crate) fn china(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(8)))
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// Is it on this day in China?
pub(crate) fn is_on(at: Timestamp, day: &str) -> bool {
    china(at).starts_with(day)
}

/// A bill of Alipay: two files in GBK, packed.
pub(crate) fn alipay(seller: &str, day: &str, entries: &[Entry]) -> Vec<u8> {
    const HEADER: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";
    let mut list = format!(
        "#支付宝业务明细查询\r\n#账号：[{seller}0156]\r\n#-----业务明细列表-----\r\n{HEADER}\r\n"
    );
    for entry in entries {
        let (kind, sign) = match entry.refund {
            None => ("交易", ""),
            Some(_) => ("退款", "-"),
        };
        let at = china(entry.at);
        let amount = format!("{sign}{}", entry.amount);
        let refund = entry.refund.as_deref().unwrap_or_default();
        let (no, ours) = (entry.trade_no.as_str(), entry.payment.as_str());
        let goods = "\"企业密钥, 两把\"";
        let values = [
            no,
            ours,
            kind,
            goods,
            &at,
            &at,
            "",
            "",
            "",
            "",
            "*公司(159****5620)",
            &amount,
            &amount,
            "0.00",
            "0.00",
            "0.00",
            "0.00",
            "0.00",
            "",
            "0.00",
            "0.00",
            refund,
            "0.00",
            "0.00",
            "",
        ];
        list.push_str(&values.map(|value| format!("{value}\t")).join(","));
        list.push_str("\r\n");
    }
    list.push_str("#-----业务明细列表结束-----\r\n");
    let sums = "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）\r\n合计\t,\t,1\t,0\t,0.00\t\r\n".to_owned();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let day = day.replace('-', "");
    for (name, text) in [("业务明细(汇总)", sums), ("业务明细", list)] {
        let name = format!("{seller}_{day}_{name}.csv");
        zip.start_file(name, SimpleFileOptions::default())
            .expect("a file in an archive");
        let (bytes, _, _) = encoding_rs::GBK.encode(&text);
        zip.write_all(&bytes).expect("an archive");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A bill of WeChat Pay: UTF-8 with its mark, every value after a backtick.
pub(crate) fn wechatpay(appid: &str, mchid: &str, entries: &[Entry]) -> Vec<u8> {
    const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
    const SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
    let mut text = format!("\u{feff}{HEADER}\r\n");
    for entry in entries {
        let amount = entry.amount.to_string();
        let (state, total, back, kind, refunded) = match entry.refund {
            None => ("SUCCESS", amount.as_str(), "0.00", "", ""),
            Some(_) => ("REFUND", "0.00", amount.as_str(), "ORIGINAL", "SUCCESS"),
        };
        let refund = entry.refund.as_deref().unwrap_or("0");
        let at = china(entry.at);
        let values = [
            at.as_str(),
            appid,
            mchid,
            "0",
            "",
            &entry.trade_no,
            &entry.payment,
            "oUpF8uMuAJO",
            "NATIVE",
            state,
            "OTHERS",
            "CNY",
            total,
            "0.00",
            "0",
            refund,
            back,
            "0.00",
            kind,
            refunded,
            "企业密钥, 两把",
            "",
            "0.00000",
            "0.60%",
            total,
            back,
            "",
        ];
        let values: Vec<String> = values.iter().map(|value| format!("`{value}")).collect();
        text.push_str(&values.join(","));
        text.push_str("\r\n");
    }
    let count = entries.len();
    let sums = [
        SUMS,
        "\r\n`",
        &count.to_string(),
        ",`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00\r\n",
    ];
    text.push_str(&sums.concat());
    text.into_bytes()
}
