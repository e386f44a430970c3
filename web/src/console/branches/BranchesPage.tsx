import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import type { Branch, BranchList, FieldError } from "../../api/schema";
import { addBranch, branchesQuery, changeBranch } from "../../api/staff";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import css from "./branches.module.css";

interface Fields {
  name: string;
  address: string;
  phone: string;
}

const NAMES: FieldNames = { name: "name", address: "address", phone: "phone" };
/** Digits with what people write between them. */
const PHONE = /^[+(]?\d[\d ()-]{5,28}\d$/;

/** 网点: where branch staff work. */
export function BranchesPage() {
  const { branches: words } = useTexts(staffTexts);
  const client = useQueryClient();
  const branches = useQuery(branchesQuery);
  /** An id, or a new one. */
  const [open, setOpen] = useState<string>();
  const [notice, setNotice] = useState<string>();
  const put = (list: BranchList, text: string) => {
    client.setQueryData(branchesQuery.queryKey, list);
    setOpen(undefined);
    setNotice(text);
  };
  return (
    <PageFrame
      title={words.title}
      beside={
        open === undefined && (
          <Button type="primary" onClick={() => setOpen("")}>
            {words.add}
          </Button>
        )
      }
    >
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {open === "" && (
        <BranchForm onSaved={(list, name) => put(list, words.added(name))} onCancel={() => setOpen(undefined)} />
      )}
      <Loaded of={branches}>
        {({ branches: all }) =>
          all.length === 0 ? (
            open === undefined && (
              <Panel>
                <Empty text={words.empty} />
              </Panel>
            )
          ) : (
            <div className={css.list}>
              {all.map((branch) =>
                open === branch.id ? (
                  <BranchForm
                    key={branch.id}
                    branch={branch}
                    onSaved={(list, name) => put(list, words.changed(name))}
                    onCancel={() => setOpen(undefined)}
                  />
                ) : (
                  <Panel
                    key={branch.id}
                    title={branch.name}
                    beside={
                      <Button
                        size="small"
                        aria-label={`${words.change}: ${branch.name}`}
                        onClick={() => setOpen(branch.id)}
                      >
                        {words.change}
                      </Button>
                    }
                  >
                    <p>{branch.address}</p>
                    <p className="soft num">{branch.phone}</p>
                  </Panel>
                ),
              )}
            </div>
          )
        }
      </Loaded>
    </PageFrame>
  );
}

interface Props {
  /** As the list has it now; none for a new one. */
  branch?: Branch;
  onSaved: (list: BranchList, name: string) => void;
  onCancel: () => void;
}

function BranchForm({ branch, onSaved, onCancel }: Props) {
  const texts = useTexts(common);
  const words = useTexts(staffTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [typed, keep, forget] = useDraft<Fields>(`branch:${branch?.id ?? "new"}`, {
    name: branch?.name ?? "",
    address: branch?.address ?? "",
    phone: branch?.phone ?? "",
  });
  const [rest, setRest] = useState<FieldError[]>([]);
  /** The version under which somebody else was found to have changed it. */
  const [overtaken, setOvertaken] = useState<number>();
  const save = useMutation({
    mutationFn: (fields: Fields) => {
      const body = { name: fields.name.trim(), address: fields.address.trim(), phone: fields.phone.trim() };
      return branch ? changeBranch(branch.id, { ...body, version: branch.version }) : addBranch(body);
    },
    onSuccess: (list, { name }) => {
      forget();
      onSaved(list, name.trim());
    },
    onError: async (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (branch && hasCode(error, "changed_meanwhile")) {
        await client.refetchQueries({ queryKey: branchesQuery.queryKey });
        const now = client.getQueryData(branchesQuery.queryKey)?.branches.find(({ id }) => id === branch.id);
        setOvertaken(now?.version);
      }
    },
  });
  const isOvertaken = branch !== undefined && overtaken === branch.version;
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <Panel title={branch ? words.branches.changeOf(branch.name) : words.branches.add}>
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={save.isPending}
        onValuesChange={(_, all: Fields) => keep(all)}
        onFinish={(fields) => save.mutate(fields)}
      >
        <Form.Item name="name" label={words.branches.name} rules={[required]}>
          <Input autoComplete="off" maxLength={100} />
        </Form.Item>
        <Form.Item name="address" label={words.branches.address} rules={[required]}>
          <Input autoComplete="off" maxLength={200} />
        </Form.Item>
        <Form.Item
          name="phone"
          label={words.branches.phone}
          rules={[required, { pattern: PHONE, message: words.branches.invalidPhone }]}
        >
          <Input type="tel" autoComplete="off" maxLength={30} />
        </Form.Item>
        <div className="stack">
          {isOvertaken ? (
            <Alert
              type="warning"
              showIcon
              role="alert"
              title={words.branches.changedBy(branch.name, branch.address, branch.phone)}
            />
          ) : (
            <ProblemAlert error={save.error} fields={rest} />
          )}
          <Actions>
            <Button type="primary" htmlType="submit" loading={save.isPending}>
              {words.branches.save}
            </Button>
            <Button
              type="text"
              onClick={() => {
                forget();
                onCancel();
              }}
            >
              {words.cancel}
            </Button>
          </Actions>
        </div>
      </Form>
    </Panel>
  );
}
