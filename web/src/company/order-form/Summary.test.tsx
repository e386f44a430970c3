import { cleanup, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { PromiseView } from "../../api/schema";
import { catalog, quote } from "../../testing/fixtures";
import { Summary } from "./Summary";

function summary(promise: PromiseView | undefined) {
  render(
    <Summary
      catalog={catalog}
      fields={{ lines: [], urgency: "half_day" } as unknown as Parameters<typeof Summary>[0]["fields"]}
      prices={{
        lines: new Map(),
        refusals: new Map(),
        total: quote.total,
        promise,
        isAsked: true,
        isFetching: false,
        error: null,
        retry: () => undefined,
      }}
    />,
  );
}

// covers: R8, R9
test("when it would be with the courier stands beside the price, before anything is paid", () => {
  summary(quote.promise ?? undefined);
  const promise = screen.getByTestId("promise");
  expect(promise).toHaveTextContent("现在审核通过的，最晚 2026/11/23 17:30 制作完成并交快递或到网点。");
  expect(promise).toHaveTextContent("现在提交的资料，最晚 2026/11/23 11:00 审核。");
  expect(promise).toHaveTextContent("加急未按时交出的，加急费自动原路退回");
  cleanup();
  summary(undefined);
  expect(screen.queryByTestId("promise")).toBeNull();
});
