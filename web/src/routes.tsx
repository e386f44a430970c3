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
              {
                path: "register",
                ...page(() => import("./company/register/RegisterPage").then((m) => m.RegisterPage)),
              },
              { path: "login", ...page(() => import("./company/login/LoginPage").then((m) => m.LoginPage)) },
              {
                ...page(() => import("./company/shell/RequireSession").then((m) => m.RequireSession)),
                children: [
                  {
                    path: "order/new",
                    ...page(() => import("./company/order-form/OrderFormPage").then((m) => m.OrderFormPage)),
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
              { path: "*", Component: NotFoundPage },
            ],
          },
        ],
      },
    ],
  },
]);
