import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, show } from "../../testing/backend";
import { policies } from "../../testing/fixtures-orders-desk";
import { PoliciesPage } from "./PoliciesPage";

const cells = (rule: string) =>
  [...(screen.getByText(rule, { selector: "th" }).closest("tr")?.querySelectorAll("td") ?? [])].map(
    (cell) => cell.lastChild?.textContent,
  );

function open() {
  backend({ "GET /api/console/policies": policies });
  show(PoliciesPage, "/console/policies", "/console/policies");
}

test("every rule is said in words, storefront beside storefront", async () => {
  open();
  await screen.findByText("支付方式");
  expect([...document.querySelectorAll("thead th")].map((head) => head.textContent)).toEqual([
    "规则",
    "订单服务",
    "商城",
  ]);
  expect(cells("支付方式")).toEqual(["支付宝", "支付宝、微信支付"]);
  expect(cells("何时提交资料")).toEqual(["提交订单之前，付款后审核", "付款之后，在订单详情中上传"]);
  expect(cells("付款后取消")).toEqual(["不允许", "在任何商品审核通过之前允许，款项全额退回"]);
  expect(cells("提交后的付款期限")).toEqual(["24 小时", "24 小时"]);
  expect(cells("付款二维码有效期")).toEqual(["30 分钟", "30 分钟"]);
  expect(cells("须单独购买")).toEqual(["无", "升级密钥"]);
  expect(cells("工作时间")).toEqual(["09:00–17:30", "09:00–17:30"]);
  expect(cells("调休上班")).toEqual(["2027-01-03", "2027-01-03"]);
  expect(cells("待支付")).toEqual(["已提交", "待支付"]);
  expect(cells("付款成功")).toEqual(["邮件、短信", "邮件、短信"]);
  expect(cells("资料被退回")).toEqual(["不通知", "邮件、短信"]);
});

test("only what differs can be shown", async () => {
  open();
  await screen.findByText("付款二维码有效期");
  expect(screen.getByText("付款二维码有效期").closest("tr")).not.toHaveTextContent("不同");
  expect(screen.getByText("支付方式").closest("tr")).toHaveTextContent("不同");
  fireEvent.click(screen.getByLabelText("只看不同之处"));
  expect(screen.queryByText("付款二维码有效期")).toBeNull();
  expect(screen.getByText("支付方式")).toBeInTheDocument();
});
