import { Alert } from "antd";

export function Done({ title, text }: { title: string; text: string }) {
  return <Alert type="success" showIcon role="status" title={title} description={text} />;
}
