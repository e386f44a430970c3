/** Every address of the site. Each page is a chunk of its own; the console shares none with the company side. */
import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";

import { Loading } from "./design/Standing";
import { NotFoundPage, RouteProblem } from "./design/RouteProblem";

function page(load: () => Promise<ComponentType>): Pick<RouteObject, "lazy"> {
  return { lazy: async () => ({ Component: await load() }) };
}

export const router = createBrowserRouter([
  {
    ErrorBoundary: RouteProblem,
    HydrateFallback: Loading,
    children: [
      {
        ...page(() => import("./company/shell/CompanyShell").then((m) => m.CompanyShell)),
        ErrorBoundary: RouteProblem,
        children: [
          {
            ErrorBoundary: RouteProblem,
            children: [
              { index: true, ...page(() => import("./company/home/HomePage").then((m) => m.HomePage)) },
              { path: "counter", ...page(() => import("./company/home/HomePage").then((m) => m.CounterHomePage)) },
              {
                path: "register",
                ...page(() => import("./company/register/RegisterPage").then((m) => m.RegisterPage)),
              },
              { path: "login", ...page(() => import("./company/login/LoginPage").then((m) => m.LoginPage)) },
              { path: "login/key", ...page(() => import("./company/login/KeyLoginPage").then((m) => m.KeyLoginPage)) },
              { path: "unbind", ...page(() => import("./company/unbind/UnbindPage").then((m) => m.UnbindPage)) },
              { path: "recover", ...page(() => import("./company/recover/RecoverPage").then((m) => m.RecoverPage)) },
              {
                path: "objection",
                ...page(() => import("./company/objection/ObjectionPage").then((m) => m.ObjectionPage)),
              },
              {
                path: "help/agent",
                ...page(() => import("./company/agent/AgentHelpPage").then((m) => m.AgentHelpPage)),
              },
              { path: "forgot", ...page(() => import("./company/forgot/ForgotPage").then((m) => m.ForgotPage)) },
              {
                path: "counter/register",
                ...page(() => import("./company/register/RegisterPage").then((m) => m.CounterRegisterPage)),
              },
              {
                path: "counter/login",
                ...page(() => import("./company/login/LoginPage").then((m) => m.CounterLoginPage)),
              },
              {
                path: "counter/forgot",
                ...page(() => import("./company/forgot/ForgotPage").then((m) => m.CounterForgotPage)),
              },
              {
                ...page(() => import("./company/shell/RequireSession").then((m) => m.RequireSession)),
                children: [
                  {
                    path: "order/new",
                    ...page(() => import("./company/order-form/OrderFormPage").then((m) => m.OrderFormPage)),
                  },
                  {
                    path: "counter/order/new",
                    ...page(() => import("./company/order-form/OrderFormPage").then((m) => m.CounterOrderFormPage)),
                  },
                  { path: "keys", ...page(() => import("./company/keys/KeysPage").then((m) => m.KeysPage)) },
                  {
                    path: "security",
                    ...page(() => import("./company/security/SecurityPage").then((m) => m.SecurityPage)),
                  },
                  { path: "company", ...page(() => import("./company/file/FilePage").then((m) => m.FilePage)) },
                  {
                    path: "company/people",
                    ...page(() => import("./company/file/PeoplePage").then((m) => m.PeoplePage)),
                  },
                  {
                    path: "company/history",
                    ...page(() => import("./company/file/HistoryPage").then((m) => m.HistoryPage)),
                  },
                  {
                    path: "company/qualification",
                    ...page(() => import("./company/file/QualificationPage").then((m) => m.QualificationPage)),
                  },
                  {
                    path: "invoices",
                    ...page(() => import("./company/invoices/InvoicesPage").then((m) => m.InvoicesPage)),
                  },
                  {
                    path: "invoices/:order/:invoice",
                    ...page(() => import("./company/invoices/InvoicesPage").then((m) => m.InvoicePage)),
                  },
                  { path: "orders", ...page(() => import("./company/orders/OrdersPage").then((m) => m.OrdersPage)) },
                  {
                    path: "orders/:order",
                    ...page(() => import("./company/order/OrderPage").then((m) => m.OrderPage)),
                  },
                  { path: "orders/:order/pay", ...page(() => import("./company/pay/PayPage").then((m) => m.PayPage)) },
                  {
                    path: "orders/:order/lines/:line/materials",
                    ...page(() => import("./company/materials/MaterialsPage").then((m) => m.MaterialsPage)),
                  },
                  {
                    path: "orders/:order/lines/:line/templates/:kind",
                    ...page(() => import("./company/materials/TemplatePage").then((m) => m.TemplatePage)),
                  },
                ],
              },
              { path: "*", Component: NotFoundPage },
            ],
          },
        ],
      },
      { path: "console/login", ...page(() => import("./console/login/LoginPage").then((m) => m.LoginPage)) },
      { path: "console/invite", ...page(() => import("./console/invite/InvitePage").then((m) => m.InvitePage)) },
      {
        path: "console",
        ...page(() => import("./console/shell/ConsoleShell").then((m) => m.ConsoleShell)),
        ErrorBoundary: RouteProblem,
        children: [
          {
            ErrorBoundary: RouteProblem,
            children: [
              { index: true, ...page(() => import("./console/shell/FirstDesk").then((m) => m.FirstDesk)) },
              {
                path: "security",
                ...page(() => import("./console/security/SecurityPage").then((m) => m.SecurityPage)),
              },
              {
                path: "policies",
                ...page(() => import("./console/policies/PoliciesPage").then((m) => m.PoliciesPage)),
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireOrders)),
                children: [
                  {
                    path: "orders",
                    ...page(() => import("./console/orders/OrderSearchPage").then((m) => m.OrderSearchPage)),
                  },
                  {
                    path: "orders/:order",
                    ...page(() => import("./console/orders/ConsoleOrderPage").then((m) => m.ConsoleOrderPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireBranch)),
                children: [
                  {
                    path: "pickups",
                    ...page(() => import("./console/pickups/PickupQueuePage").then((m) => m.PickupQueuePage)),
                  },
                  {
                    path: "pickups/:order/:line",
                    ...page(() => import("./console/pickups/PickupPage").then((m) => m.PickupPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireAdmin)),
                children: [
                  {
                    path: "stock/escrow",
                    ...page(() => import("./console/stock/StockPage").then((m) => m.EscrowPage)),
                  },
                  {
                    path: "catalog",
                    ...page(() => import("./console/catalog/CatalogPage").then((m) => m.CatalogPage)),
                  },
                  { path: "staff", ...page(() => import("./console/staff/StaffPage").then((m) => m.StaffPage)) },
                  {
                    path: "branches",
                    ...page(() => import("./console/branches/BranchesPage").then((m) => m.BranchesPage)),
                  },
                  { path: "audit", ...page(() => import("./console/audit/AuditPage").then((m) => m.AuditPage)) },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireReviewer)),
                children: [
                  {
                    path: "review",
                    ...page(() => import("./console/review/ReviewQueuePage").then((m) => m.ReviewQueuePage)),
                  },
                  {
                    path: "review/:order/:line",
                    ...page(() => import("./console/review/ReviewPage").then((m) => m.ReviewPage)),
                  },
                  {
                    path: "companies",
                    ...page(() => import("./console/companies/CompanyQueuePage").then((m) => m.CompanyQueuePage)),
                  },
                  {
                    path: "companies/:company",
                    ...page(() => import("./console/companies/CompanyReviewPage").then((m) => m.CompanyReviewPage)),
                  },
                  {
                    path: "recoveries",
                    ...page(() => import("./console/recoveries/RecoveryQueuePage").then((m) => m.RecoveryQueuePage)),
                  },
                  {
                    path: "recoveries/:recovery",
                    ...page(() => import("./console/recoveries/RecoveryPage").then((m) => m.RecoveryPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireMaker)),
                children: [
                  {
                    path: "production",
                    ...page(() =>
                      import("./console/production/ProductionQueuePage").then((m) => m.ProductionQueuePage),
                    ),
                  },
                  {
                    path: "production/:order/:line",
                    ...page(() => import("./console/production/ProductionPage").then((m) => m.ProductionPage)),
                  },
                  {
                    path: "production/:order/:line/papers",
                    ...page(() => import("./console/production/PapersPage").then((m) => m.PapersPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireMaking)),
                children: [
                  { path: "stock", ...page(() => import("./console/stock/StockPage").then((m) => m.StockPage)) },
                  { path: "desks", ...page(() => import("./console/desks/DesksPage").then((m) => m.DesksPage)) },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireShipper)),
                children: [
                  {
                    path: "shipping",
                    ...page(() => import("./console/shipping/ShippingQueuePage").then((m) => m.ShippingQueuePage)),
                  },
                  {
                    path: "shipping/:order/:line",
                    ...page(() => import("./console/shipping/ShippingPage").then((m) => m.ShippingPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireSupport)),
                children: [
                  {
                    path: "invoices",
                    ...page(() => import("./console/invoices/InvoicesPage").then((m) => m.InvoicesPage)),
                  },
                ],
              },
              {
                ...page(() => import("./console/shell/RequireRole").then((m) => m.RequireFinance)),
                children: [
                  {
                    path: "refunds",
                    ...page(() => import("./console/finance/RefundsPage").then((m) => m.RefundsPage)),
                  },
                  { path: "ledger", ...page(() => import("./console/finance/LedgerPage").then((m) => m.LedgerPage)) },
                  {
                    path: "ledger/orders/:order",
                    ...page(() => import("./console/finance/OrderBooksPage").then((m) => m.OrderBooksPage)),
                  },
                  {
                    path: "statements",
                    ...page(() => import("./console/finance/StatementsPage").then((m) => m.StatementsPage)),
                  },
                  {
                    path: "statements/:day/:method",
                    ...page(() => import("./console/finance/StatementPage").then((m) => m.StatementPage)),
                  },
                ],
              },
              { path: "*", Component: NotFoundPage },
            ],
          },
        ],
      },
    ],
  },
]);
