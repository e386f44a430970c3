/** The pages for getting in, and what they show about the company's standing. */
import * as fixture from "./fixtures";
import { human, limited, sessions } from "./fixtures-access";
import type { PageFixture } from "./pages";

const catalog = { "GET /api/catalog/mall": fixture.catalog };
const orders = { "GET /api/orders": fixture.orders("awaiting_payment") };

export const pagesAccess: PageFixture[] = [
  { name: "register", path: "/register", answers: human },
  { name: "register-counter", path: "/counter/register", answers: human },
  { name: "login", path: "/login?next=%2Forders", answers: human },
  { name: "login-counter", path: "/counter/login", answers: human },
  { name: "login-no-check", path: "/login", answers: {} },
  { name: "forgot", path: "/forgot", answers: human },
  {
    name: "security",
    path: "/security",
    answers: { "GET /api/session": fixture.session, "GET /api/sessions": sessions },
  },
  { name: "home-limited", path: "/", answers: { ...catalog, ...orders, "GET /api/session": limited } },
  ...(["open", "submitted", "changes_requested"] as const).map((qualification) => ({
    name: `home-${qualification}`,
    path: "/",
    answers: { ...catalog, ...orders, "GET /api/session": { ...fixture.session, qualification } },
  })),
  {
    name: "order-new-open",
    path: "/order/new?sku=key-seal-1y",
    answers: {
      ...catalog,
      "GET /api/session": { ...fixture.session, qualification: "open" },
      "POST /api/quotes": fixture.quote,
    },
  },
];
