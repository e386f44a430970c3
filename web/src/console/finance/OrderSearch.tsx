import { Button, Form, Input } from "antd";
import { useNavigate } from "react-router";

import { Panel } from "../../design/PageFrame";
import { financeTexts } from "../../i18n/finance";
import { useTexts } from "../../i18n/texts";
import css from "./finance.module.css";
import { orderOf } from "./order-number";

/** Leads to the books of an order. */
export function OrderSearch() {
  const { ledger: words } = useTexts(financeTexts);
  const navigate = useNavigate();
  return (
    <Panel title={words.find}>
      <Form<{ number: string }>
        name="find"
        layout="vertical"
        onFinish={({ number }) => void navigate(`/console/ledger/orders/${orderOf(number) ?? ""}`)}
      >
        <div className={css.search}>
          <Form.Item
            name="number"
            label={words.findLabel}
            initialValue=""
            validateTrigger="onSubmit"
            rules={[
              {
                validator: (_, text: string) =>
                  orderOf(text) ? Promise.resolve() : Promise.reject(new Error(words.findForm)),
              },
            ]}
          >
            <Input autoComplete="off" spellCheck={false} inputMode="text" maxLength={60} allowClear />
          </Form.Item>
          <Button htmlType="submit" className={css.go}>
            {words.search}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
