import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Form, Radio } from "antd";
import { useEffect, useRef, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { orderQuery, submitOrder } from "../../api/company";
import { fieldErrors } from "../../api/errors";
import { keysQuery } from "../../api/ordering";
import type { CatalogView, KeyView, OrderView } from "../../api/schema";
import { dropDraft, readDraft, storeDraft, useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { formatMoney } from "../../design/format-money";
import { OrderSteps } from "../../design/OrderSteps";
import { Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty } from "../../design/Standing";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { AgentPanel, Finish } from "../agent/AgentPanel";
import { useAgent } from "../agent/use-agent";
import { useIsFull, useSession } from "../shell/RequireSession";
import type { Storefront } from "../storefronts";
import { Check, waitsForPapers } from "./Check";
import { InvoiceStep } from "./InvoiceStep";
import { Lines } from "./Lines";
import {
  added,
  addressOf,
  type Asked,
  askedProduct,
  beginning,
  type Fields,
  fittingTitle,
  listKey,
  makesKey,
  namesKey,
  productOf,
  request,
  speeds,
  standsBesideOthers,
  surcharges,
} from "./list";
import css from "./order-form.module.css";
import { usePrices } from "./prices";
import { type Book, Receive } from "./Receive";
import { useSaving } from "./saving";
import { Summary } from "./Summary";

type Step = "fill" | "invoice" | "check";

const LINE_FIELDS = ["sku", "quantity", "seals", "key_serial", "reason", "accept_loss"];

/** The fields of the form by their names in the API. */
function names({ lines }: Fields): FieldNames {
  const ofLines = lines.flatMap((_, n) =>
    LINE_FIELDS.map((field) => [`lines.${String(n)}.${field}`, ["lines", n, field]] as const),
  );
  return {
    ...Object.fromEntries(ofLines),
    urgency: "urgency",
    "delivery.kind": "receive",
    "delivery.branch": "branch",
    "delivery.address.name": "name",
    "delivery.address.mobile": "mobile",
    "delivery.address.province": "province",
    "delivery.address.city": "city",
    "delivery.address.district": "district",
    "delivery.address.detail": "detail",
    "invoice.kind": "invoiceKind",
    "invoice.ask_special": "askSpecial",
    "invoice.title": "titleId",
  };
}

/** Puts right what a change elsewhere in the list made impossible. */
function fitting(catalog: CatalogView, fields: Fields, keys: readonly KeyView[], book: Book): Fields {
  const lines = fields.lines.map((line) => {
    const reported = keys.find(({ serial }) => serial === line.key_serial)?.suspended;
    return productOf(catalog, line)?.kind === "replacement" && line.reason === "" && reported
      ? { ...line, reason: reported.reason }
      : line;
  });
  return {
    ...fields,
    lines,
    urgency: speeds(catalog, lines).includes(fields.urgency) ? fields.urgency : "none",
    titleId: book.error ? fields.titleId : fittingTitle(book.titles, fields),
  };
}

interface Props {
  place: Storefront;
  catalog: CatalogView;
  book: Book;
  asked: Asked;
  /** The order that is changed; none for a new one. */
  draft: OrderView | undefined;
  /** The list became an order: its address names it from now on. */
  onMade: (order: string) => void;
}

/** Everything about one order before it is submitted, with what it costs beside it. */
export function OrderForm({ place, catalog, book, asked, draft, onMade }: Props) {
  const texts = useTexts(common);
  const { form: words } = useTexts(ordering);
  const session = useSession();
  const mayBuy = useIsFull();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [search, setSearch] = useSearchParams();
  const list = listKey(session.company, catalog.storefront);
  const { saved, save, look } = useSaving(list, draft);
  const key = saved.id === "" ? list : `order:${saved.id}:${String(saved.version)}`;
  const [{ begun, isFull, isGone }] = useState(() => {
    const known = readDraft<Fields>(key, beginning(catalog, session, book.addresses, book.titles, draft));
    const product = askedProduct(catalog, asked);
    const next = product && !draft ? added(known, catalog, product, asked.key ?? "") : known;
    if (next && next !== known) {
      storeDraft(key, next);
    }
    return {
      begun: next ?? known,
      isFull: next === null,
      isGone: !product && !draft && (asked.sku ?? asked.kind) !== null,
    };
  });
  const [typed, keep, forget] = useDraft<Fields>(key, begun);

  const needsKeys = typed.lines.some((line) => {
    const product = productOf(catalog, line);
    return product !== undefined && namesKey(product.kind);
  });
  const keys = useQuery({ ...keysQuery, enabled: needsKeys });
  const prices = usePrices(catalog, typed);
  const agent = useAgent();
  const { backToList } = useTexts(agentTexts);

  const put = (fields: Fields) => {
    const next = fitting(catalog, fields, keys.data?.keys ?? [], book);
    form.setFieldsValue(next);
    keep(next);
    if (next.lines.length < typed.lines.length && (asked.sku ?? asked.kind) !== null) {
      // Else a reload would put it in again.
      setSearch({}, { replace: true });
    }
  };

  const steps: Step[] = typed.wantInvoice ? ["fill", "invoice", "check"] : ["fill", "check"];
  const wanted = search.get("step");
  const step = typed.lines.length === 0 ? "fill" : (steps.find((known) => known === wanted) ?? "fill");
  // Known here before the address tells it.
  const number = useRef(saved.id);
  const go = (to: Step) =>
    setSearch((before) => {
      const next = new URLSearchParams(number.current === "" ? before : { order: number.current });
      next.delete("step");
      if (to !== "fill") {
        next.set("step", to);
      }
      return next;
    });
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [step]);

  const current = () => form.getFieldsValue(true) as Fields;
  const store = async (): Promise<OrderView> => {
    const fields = current();
    const order = await save(request(catalog, fields, book.addresses));
    // From now on each line has its number, so that what is uploaded for it stays with it.
    const own = order.lines.filter((line) => (line.carried_from ?? null) === null);
    const next = { ...fields, lines: fields.lines.map((line, n) => ({ ...line, line: own[n]?.no ?? null })) };
    form.setFieldsValue(next);
    keep(next);
    dropDraft(key);
    if (saved.id === "") {
      number.current = order.id;
      onMade(order.id);
    }
    return order;
  };
  const leave = (to: string) => {
    forget();
    void client.invalidateQueries({ queryKey: ["orders"] });
    void navigate(to, { replace: true });
  };
  const failed = async (error: unknown) => {
    const wrong = fieldErrors(error).map(({ field }) => field);
    if (wrong.some((field) => field.startsWith("delivery.address.")) && current().addressId !== "") {
      // A saved address that is refused is put right by typing.
      put({ ...current(), ...addressOf(current(), book.addresses), addressId: "" });
    }
    const where = wrong.every((field) => field.startsWith("invoice.")) && typed.wantInvoice ? "invoice" : "fill";
    if (wrong.length > 0 && where !== step) {
      go(where);
    }
    const ended = await look(error);
    if (ended !== undefined) {
      leave(`/orders/${ended}`);
    }
  };
  const keepAside = useMutation<OrderView, Error, "stay" | "papers">({ mutationFn: store, onError: failed });
  const submit = useMutation({
    mutationFn: async () => submitOrder((await store()).id),
    onSuccess: (order) => {
      leave(`/orders/${order.id}/pay`);
      client.setQueryData(orderQuery(order.id).queryKey, order);
    },
    onError: failed,
  });
  const busy = submit.isPending || keepAside.isPending;
  const error = submit.error ?? keepAside.error;
  const known = names(typed);
  const rest = fieldErrors(error).filter(({ field }) => known[field] === undefined);
  const told = useRef<unknown>(null);
  useEffect(() => {
    // Once the step that has the fields is there.
    const isHere = fieldErrors(error).some(({ field }) => field.startsWith("invoice.") === (step === "invoice"));
    if (error && told.current !== error && step !== "check" && isHere) {
      told.current = error;
      showFieldErrors(form, names(form.getFieldsValue(true) as Fields), error);
    }
  }, [error, step, form]);

  const waiting = draft && waitsForPapers(draft);
  const mayWait =
    catalog.materials === "before_submit" &&
    !draft &&
    typed.lines.some((line) => {
      const product = productOf(catalog, line);
      return product !== undefined && makesKey(product.kind);
    });
  const papersFirst = waiting !== undefined || mayWait;
  const next = () => {
    if (standsBesideOthers(catalog, typed.lines)) {
      // The list says so at its top, with the ways out.
      window.scrollTo(0, 0);
      return;
    }
    go(steps[steps.indexOf(step) + 1] ?? "check");
  };
  const aside = (then: "stay" | "papers") => {
    submit.reset();
    keepAside.mutate(then, {
      onSuccess: (order) => {
        const line = waitsForPapers(order);
        if (then === "papers" && line) {
          void navigate(`/orders/${order.id}/lines/${String(line.no)}/materials`);
        }
      },
    });
  };
  const act = () => {
    if (step !== "check") {
      next();
    } else if (papersFirst) {
      aside("papers");
    } else {
      keepAside.reset();
      submit.mutate();
    }
  };

  if (typed.lines.length === 0) {
    return (
      <Panel>
        {isGone && <Alert type="warning" showIcon title={words.gone} />}
        <Empty text={words.empty}>
          <Link to={place.home}>{words.back[place.words]}</Link>
        </Empty>
      </Panel>
    );
  }
  const kinds = speeds(catalog, typed.lines);
  const stepNames = [
    ...steps.map((one) => words.steps[one]),
    ...(catalog.materials === "before_submit" && papersFirst ? [words.steps.papers] : []),
    words.steps.submit,
  ];
  return (
    <>
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        onValuesChange={() => {
          keepAside.reset();
          submit.reset();
          const all = current();
          const fits = fitting(catalog, all, keys.data?.keys ?? [], book);
          form.setFieldsValue(fits);
          keep(fits);
        }}
        onFinish={act}
      >
        <Panel>
          <OrderSteps label={words.steps.label} steps={stepNames} now={steps.indexOf(step)} />
        </Panel>
        <div className={css.columns}>
          <div className="stack">
            {isGone && step === "fill" && <Alert type="warning" showIcon title={words.gone} />}
            {isFull && step === "fill" && <Alert type="warning" showIcon title={words.full(catalog.max_lines)} />}
            {step === "fill" && (
              <>
                <Lines
                  place={place}
                  catalog={catalog}
                  fields={typed}
                  prices={prices}
                  keys={keys}
                  put={put}
                  inspect={({ serial }) => agent.ask({ verb: "inspect", serial })}
                />
                {kinds.length > 1 && (
                  <Panel title={words.urgency}>
                    <Form.Item name="urgency" noStyle>
                      <Radio.Group className={css.choices} aria-label={words.urgency}>
                        {kinds.map((level) => (
                          <Radio key={level} value={level} className={css.choice}>
                            <span className={css.choiceHead}>
                              <strong>{texts.urgency[level]}</strong>
                              <span className="soft">
                                {surchargeWords(surcharges(catalog, typed.lines, level), words, texts.list)}
                              </span>
                            </span>
                            <span className="soft small">{words.urgencyWords[level]}</span>
                          </Radio>
                        ))}
                      </Radio.Group>
                    </Form.Item>
                    <p className="soft small">{words.urgencyNote}</p>
                  </Panel>
                )}
                <Receive form={form} catalog={catalog} fields={typed} book={book} put={put} />
                <Panel title={words.invoice}>
                  <Form.Item name="wantInvoice" valuePropName="checked" noStyle>
                    <Checkbox>{words.wantInvoice}</Checkbox>
                  </Form.Item>
                  {typed.wantInvoice ? (
                    <p className="soft small">{words.invoiceNext}</p>
                  ) : (
                    <Alert type="warning" showIcon title={words.noInvoiceWarning} />
                  )}
                </Panel>
              </>
            )}
            {step === "invoice" && (
              <InvoiceStep
                catalog={catalog}
                fields={typed}
                titles={book.titles}
                broken={Boolean(book.error)}
                onRead={book.retry}
              />
            )}
            {step === "check" && (
              <>
                <p>{papersFirst ? words.checkPapers : words.checkAgain}</p>
                <Check
                  place={place}
                  catalog={catalog}
                  session={session}
                  fields={typed}
                  prices={prices}
                  book={book}
                  draft={draft}
                />
              </>
            )}
          </div>
          <div className={css.side}>
            <Panel title={words.summary}>
              <Summary catalog={catalog} fields={typed} prices={prices} />
              <ProblemAlert error={error} fields={rest} />
              {keepAside.isSuccess && (
                <Alert
                  type="success"
                  showIcon
                  role="status"
                  title={step !== "check" ? words.savedEarly : papersFirst ? words.savedPapers : words.saved}
                />
              )}
              <Button
                type="primary"
                size="large"
                htmlType="submit"
                block
                loading={submit.isPending || (keepAside.isPending && keepAside.variables === "papers")}
                disabled={busy}
              >
                {step !== "check" ? words.next : papersFirst ? words.savePapers : words.submit}
              </Button>
              {step === "check" && !papersFirst && <p className="soft small">{words.submitNote}</p>}
              <Button
                block
                loading={keepAside.isPending && keepAside.variables === "stay"}
                disabled={busy}
                onClick={() => {
                  form.validateFields().then(
                    () => aside("stay"),
                    () => undefined, // the fields say what is wrong
                  );
                }}
              >
                {words.save}
              </Button>
              {step !== "fill" && (
                <Button block type="text" disabled={busy} onClick={() => go(steps[steps.indexOf(step) - 1] ?? "fill")}>
                  {words.prior}
                </Button>
              )}
            </Panel>
          </div>
        </div>
      </Form>
      <AgentPanel
        agent={agent}
        keys={keys.data?.keys ?? []}
        mayBuy={mayBuy}
        onDone={({ serial }) => {
          // What was read is what the upgrade waited for: its line is about that key.
          const fields = current();
          const free = fields.lines.find(
            (line) => productOf(catalog, line)?.kind === "upgrade" && line.key_serial === "",
          );
          if (free) {
            put({
              ...fields,
              lines: fields.lines.map((line) => (line === free ? { ...line, key_serial: serial } : line)),
            });
          }
        }}
        after={() => <Finish agent={agent} label={backToList} />}
      />
    </>
  );
}

type Words = (typeof ordering)["zh"]["form"];

function surchargeWords(sums: readonly string[], words: Words, separator: string): string {
  const said = sums.map((sum) => `+${formatMoney(sum)}`);
  return sums.length === 0
    ? words.noSurcharge
    : sums.length === 1
      ? words.surcharge(formatMoney(sums[0] ?? ""))
      : words.surcharges(said.join(separator));
}
