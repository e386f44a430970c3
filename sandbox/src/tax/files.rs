//! The files of an invoice: PDF, OFD (GB/T 33190) and XML. Each says the same, and says that it is the sandbox's.

use std::fmt::Write as _;
use std::io;

use crate::clock::china;
use crate::tax::{Issued, Kind};
use crate::zip::zip;

/// A4 in points, and where text begins.
const PAGE: (u32, u32) = (595, 842);
const LEFT: u32 = 56;
const TOP: u32 = 780;
const LINE: u32 = 24;

/// What stands on an invoice, one line each.
fn lines(invoice: &Issued) -> Vec<String> {
    let order = &invoice.order;
    let title = match order.kind {
        Kind::PaperOrdinary => "增值税普通发票",
        Kind::PaperSpecial => "增值税专用发票",
        Kind::ElectronicOrdinary => "电子发票（普通发票）",
        Kind::ElectronicSpecial => "电子发票（增值税专用发票）",
    };
    let mut lines = vec![
        format!("{title}（沙箱，无效）"),
        format!("发票号码：{}", invoice.number),
        format!("开票日期：{}", china(invoice.issued_at)),
        format!("购买方：{}", order.buyer.title),
        format!("纳税人识别号：{}", order.buyer.tax_number),
    ];
    for (name, value) in [
        ("地址", &order.buyer.address),
        ("电话", &order.buyer.phone),
        ("开户行", &order.buyer.bank),
        ("账号", &order.buyer.account),
    ] {
        if let Some(value) = value {
            lines.push(format!("{name}：{value}"));
        }
    }
    for item in &order.items {
        let (quantity, amount) = (item.quantity, item.amount.0);
        lines.push(format!("{} × {quantity}    ¥{amount}", item.name));
    }
    lines.push(format!("价税合计：¥{}", order.amount.0));
    lines
}

/// A page with a font that readers know by its name: nothing is embedded.
pub fn pdf(invoice: &Issued) -> Vec<u8> {
    let mut text = format!("BT /F1 14 Tf {LINE} TL {LEFT} {TOP} Td\n");
    for line in lines(invoice) {
        text.push('<');
        for unit in line.encode_utf16() {
            let _ = write!(text, "{unit:04X}");
        }
        text.push_str("> Tj T*\n");
    }
    text.push_str("ET");
    let (width, height) = PAGE;
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H \
         /DescendantFonts [6 0 R] >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> \
         /FontDescriptor 7 0 R >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] \
         /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_owned(),
    ];
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (no, object) in (1..).zip(&objects) {
        places.push(out.len());
        out.extend(format!("{no} 0 obj\n{object}\nendobj\n").bytes());
    }
    let table = out.len();
    let count = objects.len() + 1;
    out.extend(format!("xref\n0 {count}\n0000000000 65535 f \n").bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let end = format!("trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    out.extend(end.bytes());
    out
}

fn escape(text: &str) -> String {
    crate::html::escape(text)
}

/// A package of one page; lengths are millimetres.
///
/// # Errors
/// When it grows past four gigabytes, which it does not.
pub fn ofd(invoice: &Issued) -> io::Result<Vec<u8>> {
    const NAMES: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let day = &china(invoice.issued_at)[..10];
    let book = format!(
        "{head}<ofd:OFD {NAMES} DocType=\"OFD\" Version=\"1.1\"><ofd:DocBody><ofd:DocInfo>\
         <ofd:DocID>{}</ofd:DocID><ofd:CreationDate>{day}</ofd:CreationDate></ofd:DocInfo>\
         <ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        escape(&invoice.number)
    );
    let document = format!(
        "{head}<ofd:Document {NAMES}><ofd:CommonData><ofd:MaxUnitID>100</ofd:MaxUnitID><ofd:PageArea>\
         <ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>\
         <ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>\
         <ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>"
    );
    let fonts = format!(
        "{head}<ofd:Res {NAMES} BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"2\" FontName=\"SimSun\" \
         FamilyName=\"SimSun\"/></ofd:Fonts></ofd:Res>"
    );
    let mut text = String::new();
    for (no, line) in (0..).zip(lines(invoice)) {
        let (id, top): (u32, u32) = (10 + no, 22 + no * 9);
        let steps = line.chars().count().saturating_sub(1);
        let _ = write!(
            text,
            "<ofd:TextObject ID=\"{id}\" Boundary=\"20 {top} 170 8\" Font=\"2\" Size=\"5\">\
             <ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g {steps} 5\">{}</ofd:TextCode></ofd:TextObject>",
            escape(&line)
        );
    }
    let page = format!(
        "{head}<ofd:Page {NAMES}><ofd:Content><ofd:Layer ID=\"3\">{text}</ofd:Layer></ofd:Content></ofd:Page>"
    );
    let files = [
        ("OFD.xml", book),
        ("Doc_0/Document.xml", document),
        ("Doc_0/PublicRes.xml", fonts),
        ("Doc_0/Pages/Page_0/Content.xml", page),
    ];
    let files = files.map(|(name, text)| (name.as_bytes().to_vec(), text.into_bytes()));
    zip(&files)
}

/// What a program reads.
pub fn xml(invoice: &Issued) -> Vec<u8> {
    let order = &invoice.order;
    let mut items = String::new();
    for item in &order.items {
        let _ = write!(
            items,
            "<Item><Name>{}</Name><Quantity>{}</Quantity><Amount>{}</Amount></Item>",
            escape(&item.name),
            item.quantity,
            item.amount.0
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Invoice sandbox=\"true\"><Number>{}</Number>\
         <IssuedAt>{}</IssuedAt><Kind>{}</Kind><Buyer><Name>{}</Name><TaxNumber>{}</TaxNumber></Buyer>\
         <Items>{items}</Items><Amount>{}</Amount></Invoice>\n",
        escape(&invoice.number),
        invoice.issued_at,
        order.kind.word(),
        escape(&order.buyer.title),
        escape(&order.buyer.tax_number),
        order.amount.0
    )
    .into_bytes()
}
