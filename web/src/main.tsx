import "./design/base.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import chinese from "antd/locale/zh_CN";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";

import { queryClient } from "./api/query";
import { theme } from "./design/tokens";
import { markDocument, useLanguage } from "./i18n/language";
import { router } from "./routes";

/** Ant Design's own words. Chinese comes with the page, English when somebody wants it. */
function useLocale() {
  const language = useLanguage();
  const [english, setEnglish] = useState<typeof chinese>();
  useEffect(() => {
    if (language === "en") {
      import("antd/locale/en_US").then(
        (module) => setEnglish(module.default),
        () => undefined, // the page itself is in English all the same
      );
    }
  }, [language]);
  return language === "en" && english ? english : chinese;
}

function App() {
  const locale = useLocale();
  return (
    <ConfigProvider locale={locale} theme={theme} button={{ autoInsertSpace: false }}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ConfigProvider>
  );
}

markDocument();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
