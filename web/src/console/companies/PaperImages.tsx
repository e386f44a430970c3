import { Image } from "antd";

import type { CompanyPaperImages } from "../../api/schema";
import { useTimes } from "../../design/time";
import { deskTexts } from "../../i18n/desk";
import { record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import css from "../review/review.module.css";

/** Papers about a company, as images that were made from them; a click enlarges. */
export function PaperImages({ papers }: { papers: readonly CompanyPaperImages[] }) {
  const { companies: words } = useTexts(deskTexts);
  if (papers.length === 0) {
    return <p className="soft">{words.noPapers}</p>;
  }
  return (
    <Image.PreviewGroup>
      {papers.map((paper, place) => (
        <Paper key={`${paper.kind}-${String(place)}`} paper={paper} />
      ))}
    </Image.PreviewGroup>
  );
}

function Paper({ paper }: { paper: CompanyPaperImages }) {
  const { companies: words } = useTexts(deskTexts);
  const { paper: names } = useTexts(record);
  const { time } = useTimes();
  const name = names[paper.kind];
  return (
    <article className={css.paper} aria-label={name}>
      <div className={css.paperHead}>
        <h3>{name}</h3>
        <span className="soft small">
          {paper.file_name} · {words.uploadedAt(time(paper.created_at))}
        </span>
      </div>
      {paper.pages.length === 0 ? (
        <p className="soft">{words.noPages}</p>
      ) : (
        <div className={css.pages}>
          {paper.pages.map((page, place) => (
            <Image key={page} src={page} alt={words.page(name, place + 1)} className={css.page} />
          ))}
        </div>
      )}
    </article>
  );
}
