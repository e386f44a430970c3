import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import type { operationQuery } from "../api/agent";
import type { TicketView } from "../api/schema";
import type { Link } from "./phase";

/** How one side of the site gets tickets, and hears of what was asked for with them. */
export interface Tickets<Asked> {
  offer: (asked: Asked) => Promise<TicketView>;
  query: (operation: string) => ReturnType<typeof operationQuery>;
  /** Takes a ticket back that no agent has. */
  withdraw: (operation: string) => Promise<unknown>;
}

export interface Agent<Asked> {
  tickets: Tickets<Asked>;
  /** Is there anything to show? */
  isOpen: boolean;
  /** What was asked for last in this page; none after a reload. */
  asked: Asked | undefined;
  /** The operation that is followed; none until its ticket is there. */
  operation: string | null;
  /** How it is opened, when its ticket was got by this page. */
  link: Link | undefined;
  isOffering: boolean;
  /** Why there is no ticket. */
  error: unknown;
  /** Gets a ticket; the one before is taken back. */
  ask: (asked: Asked) => void;
  /** Follows what somebody else got a ticket for; the one before is taken back. */
  take: (ticket: TicketView) => void;
  /** The link was clicked. */
  clicked: () => void;
  /** Ends it here. What no agent has is taken back. */
  close: () => void;
}

/** In the address: a reload goes on following. The ticket itself never stands there. */
const PARAM = "operation";

/** One operation of the agent at a time, from the click that asks for it to the closing of its panel. */
export function useAgent<Asked>(tickets: Tickets<Asked>): Agent<Asked> {
  const client = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const operation = search.get(PARAM);
  const [asked, setAsked] = useState<Asked>();
  const [ticket, setTicket] = useState<Link & { operation: string }>();
  // What is wanted now: a ticket that comes after it was given up is taken back.
  const round = useRef(0);

  const follow = (id: string | null) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (id === null) {
          next.delete(PARAM);
        } else {
          next.set(PARAM, id);
        }
        return next;
      },
      { replace: true },
    );
  // One that an agent claimed in between stays with it, and one that cannot be taken back ends by itself in minutes.
  const takeBack = (id: string) => void tickets.withdraw(id).catch(() => undefined);
  const leave = () => {
    round.current += 1;
    const view = operation === null ? undefined : client.getQueryData(tickets.query(operation).queryKey);
    if (view?.state === "offered" && !view.expired) {
      takeBack(view.id);
    }
  };

  const begin = (view: TicketView) => {
    client.setQueryData(tickets.query(view.operation.id).queryKey, view.operation);
    setTicket({ operation: view.operation.id, address: view.address, openedAt: null });
    follow(view.operation.id);
  };

  const offer = useMutation({
    mutationFn: (wanted: { asked: Asked; round: number }) => tickets.offer(wanted.asked),
    onSuccess: (view, wanted) => {
      if (wanted.round !== round.current) {
        takeBack(view.operation.id);
        return;
      }
      begin(view);
    },
  });

  // Another page of the site: the same as closing. A reload is none.
  const gone = useEffectEvent(leave);
  useEffect(() => () => gone(), []);

  return {
    tickets,
    isOpen: asked !== undefined || operation !== null,
    asked,
    operation,
    link: ticket?.operation === operation ? ticket : undefined,
    isOffering: offer.isPending,
    error: offer.error,
    ask: (wanted) => {
      leave();
      setAsked(() => wanted);
      offer.mutate({ asked: wanted, round: round.current });
    },
    take: (ticket) => {
      leave();
      setAsked(undefined);
      offer.reset();
      begin(ticket);
    },
    clicked: () => setTicket((now) => now && { ...now, openedAt: Date.now() }),
    close: () => {
      leave();
      setAsked(undefined);
      setTicket(undefined);
      offer.reset();
      if (operation !== null) {
        follow(null);
      }
    },
  };
}
