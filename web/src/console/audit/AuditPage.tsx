import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Select, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";

import type { AuditRow, FieldError } from "../../api/schema";
import { type AuditFilter, auditQuery, exportAudit, staffQuery } from "../../api/staff";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import css from "./audit.module.css";
import { dayAgo, daysProblem } from "./days";

interface Fields {
  staff?: string;
  subject: string;
  from: string;
  to: string;
}

const WEEK = 6;
const NAMES: FieldNames = { staff: "staff", subject: "subject", from: "from", to: "to" };

/** What the address asks for; a week of everybody when it asks for nothing. */
function filterOf(search: URLSearchParams): Fields {
  const staff = search.get("staff") ?? "";
  const subject = search.get("subject") ?? "";
  const all = staff === "" && subject === "" && !search.has("from") && !search.has("to");
  return {
    ...(staff !== "" && { staff }),
    subject,
    from: search.get("from") ?? (all ? dayAgo(WEEK) : ""),
    to: search.get("to") ?? (all ? dayAgo(0) : ""),
  };
}

function sent({ staff, subject, from, to }: Fields): AuditFilter {
  return { ...(staff && { staff }), ...(subject && { subject }), ...(from && { from }), ...(to && { to }) };
}

/** What staff did, by person, by subject or by days; the newest first. */
export function AuditPage() {
  const texts = useTexts(common);
  const { audit: words } = useTexts(staffTexts);
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const pages = useInfiniteQuery(auditQuery(sent(filter)));
  return (
    <PageFrame title={words.title} width="wide">
      <Filter
        key={search.toString()}
        filter={filter}
        onSearch={(fields) => {
          const next = new URLSearchParams(Object.entries(sent(fields)).map(([name, text]) => [name, text ?? ""]));
          if (next.toString() === search.toString()) {
            void pages.refetch();
          } else {
            setSearch(next);
          }
        }}
      />
      <Panel>
        <Loaded of={pages}>
          {(all) => {
            const rows = all.pages.flatMap(({ entries }) => entries);
            return rows.length === 0 ? <Empty text={words.empty} /> : <Rows rows={rows} />;
          }}
        </Loaded>
        {pages.hasNextPage && (
          <div>
            <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              {texts.loadMore}
            </Button>
          </div>
        )}
      </Panel>
      <Export from={filter.from || dayAgo(WEEK)} to={filter.to || dayAgo(0)} />
    </PageFrame>
  );
}

/** Words for a problem of two days. */
function useDayWords(): (from: string, to: string, areNeeded: boolean) => string | undefined {
  const { audit: words } = useTexts(staffTexts);
  return (from, to, areNeeded) => {
    const problem = daysProblem(from, to);
    if (problem === undefined || (!areNeeded && problem !== "order")) {
      return undefined;
    }
    return { missing: words.needDays, order: words.daysOrder, many: words.tooManyDays }[problem];
  };
}

interface FilterProps {
  filter: Fields;
  onSearch: (fields: Fields) => void;
}

function Filter({ filter, onSearch }: FilterProps) {
  const { audit: words } = useTexts(staffTexts);
  const staff = useQuery(staffQuery);
  const dayWords = useDayWords();
  const [form] = Form.useForm<Fields>();
  const submit = (fields: Fields) => {
    const given = { ...fields, subject: fields.subject.trim() };
    const chosen = Boolean(given.staff) || given.subject !== "";
    const days = dayWords(given.from, given.to, !chosen);
    if (given.staff && given.subject !== "") {
      form.setFields([{ name: "subject", errors: [words.notBoth] }]);
    } else if (days) {
      form.setFields([{ name: given.from === "" ? "from" : "to", errors: [days] }]);
    } else {
      onSearch(given);
    }
  };
  return (
    <Panel title={words.filter}>
      <p className="soft small">{words.filterHint}</p>
      <Form<Fields> form={form} layout="vertical" initialValues={filter} onFinish={submit}>
        <div className={css.filter}>
          <Form.Item name="staff" label={words.person}>
            <Select
              allowClear
              placeholder={words.anybody}
              loading={staff.isPending}
              showSearch={{ optionFilterProp: "label" }}
              options={staff.data?.staff.map(({ id, name, mail }) => ({ value: id, label: `${name} (${mail})` })) ?? []}
            />
          </Form.Item>
          <Form.Item name="subject" label={words.subject} extra={words.subjectHint}>
            <Input autoComplete="off" maxLength={200} spellCheck={false} allowClear />
          </Form.Item>
          <Form.Item name="from" label={words.from}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="to" label={words.to}>
            <Input type="date" />
          </Form.Item>
        </div>
        <Button type="primary" htmlType="submit">
          {words.search}
        </Button>
      </Form>
      <ProblemAlert error={staff.error} onRetry={() => void staff.refetch()} />
    </Panel>
  );
}

function Rows({ rows }: { rows: readonly AuditRow[] }) {
  const { event } = useTexts(orderTexts);
  const { audit: words } = useTexts(staffTexts);
  const { time } = useTimes();
  const known: Readonly<Record<string, string | undefined>> = { ...event, ...words.actions };
  const deed = (row: AuditRow) => known[row.action] ?? row.action;
  const entry = (row: AuditRow) => (
    <span className="soft small num" title={words.hash(row.hash)}>
      {words.entry(String(row.seq))}
    </span>
  );
  const columns: TableColumnsType<AuditRow> = [
    {
      title: words.at,
      render: (_, row) => (
        <>
          <span className="num">{time(row.at)}</span>
          <div className={css.phone}>
            {row.staff_name}
            <br />
            <strong>{deed(row)}</strong>
            <br />
            {row.subject}
            {row.detail && <div className="soft small">{row.detail}</div>}
            <div>{entry(row)}</div>
          </div>
        </>
      ),
    },
    {
      title: words.who,
      responsive: ["sm"],
      render: (_, row) => (
        <>
          {row.staff_name}
          <br />
          {entry(row)}
        </>
      ),
    },
    { title: words.action, responsive: ["sm"], render: (_, row) => <strong>{deed(row)}</strong> },
    { title: words.subject, responsive: ["sm"], render: (_, row) => <span className="num">{row.subject}</span> },
    { title: words.detail, responsive: ["md"], render: (_, row) => row.detail },
  ];
  return (
    <Table<AuditRow>
      rowKey={(row) => `${row.staff}-${String(row.seq)}`}
      columns={columns}
      dataSource={rows}
      pagination={false}
      size="middle"
    />
  );
}

interface Days {
  from: string;
  to: string;
}

function Export({ from, to }: Days) {
  const { audit: words } = useTexts(staffTexts);
  const { time } = useTimes();
  const dayWords = useDayWords();
  const [form] = Form.useForm<Days>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const make = useMutation({
    mutationFn: exportAudit,
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const submit = (days: Days) => {
    const problem = dayWords(days.from, days.to, true);
    if (problem) {
      form.setFields([{ name: days.from === "" ? "from" : "to", errors: [problem] }]);
    } else {
      make.mutate(days);
    }
  };
  return (
    <Panel title={words.export}>
      <p className="soft small">{words.exportHint}</p>
      <Form<Days>
        form={form}
        name="export"
        layout="vertical"
        initialValues={{ from, to }}
        disabled={make.isPending}
        onFinish={submit}
      >
        <div className={css.filter}>
          <Form.Item name="from" label={words.from}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="to" label={words.to}>
            <Input type="date" />
          </Form.Item>
        </div>
        <Button htmlType="submit" loading={make.isPending}>
          {words.exportSubmit}
        </Button>
      </Form>
      <ProblemAlert error={make.error} fields={rest} />
      {make.data && (
        <Alert
          type="success"
          showIcon
          role="status"
          title={words.exported(String(make.data.entries), time(make.data.expires_at))}
          description={
            <a href={make.data.url} download rel="noopener noreferrer">
              {words.download}
            </a>
          }
        />
      )}
    </Panel>
  );
}
