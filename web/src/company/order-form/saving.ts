/** Puts a list on the server: once as a new draft, from then on as a change of it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { orderQuery } from "../../api/company";
import { hasCode, isPassing } from "../../api/errors";
import { freshKey } from "../../api/once";
import { changeOrder, createOrder } from "../../api/ordering";
import type { DraftRequest, OrderView } from "../../api/schema";
import { useDraft } from "../../design/draft";

export interface Saved {
  /** The order; empty before there is one. */
  id: string;
  version: number;
}

interface Saving {
  saved: Saved;
  save: (body: DraftRequest) => Promise<OrderView>;
  /** After an error: looks where the order stands. Returns its number when it is no draft any more. */
  look: (error: unknown) => Promise<string | undefined>;
}

/**
 * `storedAs` names the list in the tab. A try whose answer got lost may have made the order: the next one carries the
 * same key, gets that order, and changes it if something was typed since.
 */
export function useSaving(storedAs: string, draft: OrderView | undefined): Saving {
  const client = useQueryClient();
  const [saved, setSaved] = useState<Saved>({ id: draft?.id ?? "", version: draft?.version ?? 0 });
  const [attempt, keepAttempt, forgetAttempt] = useDraft(`${storedAs}:once`, { key: "", body: "" });

  const create = async (body: DraftRequest): Promise<OrderView> => {
    const sent = JSON.stringify(body);
    const { key, body: first } = attempt.key === "" ? { key: freshKey(), body: sent } : attempt;
    keepAttempt({ key, body: first });
    try {
      const order = await createOrder(body, key);
      return first === sent ? order : await changeOrder(order.id, { ...body, version: order.version });
    } catch (error) {
      if (!isPassing(error)) {
        // A plain no: nothing was made, and what is sent next is another request.
        keepAttempt({ key: "", body: "" });
      }
      throw error;
    }
  };

  return {
    saved,
    save: async (body) => {
      const order =
        saved.id === "" ? await create(body) : await changeOrder(saved.id, { ...body, version: saved.version });
      forgetAttempt();
      setSaved({ id: order.id, version: order.version });
      client.setQueryData(orderQuery(order.id).queryKey, order);
      void client.invalidateQueries({ queryKey: ["orders", "list"], refetchType: "none" });
      return order;
    },
    look: async (error) => {
      if (saved.id === "" || !hasCode(error, "changed_meanwhile", "not_in_this_state")) {
        return undefined;
      }
      // Another tab, or an answer that was lost.
      const order = await client.query({ ...orderQuery(saved.id), staleTime: 0 });
      if (order.state !== "draft") {
        return order.id;
      }
      setSaved({ id: order.id, version: order.version });
      return undefined;
    },
  };
}
