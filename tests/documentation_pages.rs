//! The example `quickstart` prints the documentation page of event 4031 in every language in which
//! the page was published, word for word and in the page's order.
//!
//! The texts are from `dotnet/docs`, file
//! `docs/framework/wcf/diagnostics/etw/4031-dispatchsessionfailed.md`, and from its translations in
//! `dotnet/docs.ja-jp`, `docs.ru-ru`, `docs.zh-tw`, `docs.fr-fr` and `docs.ko-kr`. If a translation
//! leaves a label in English, we use the usual term of the language, and mark it as ours.

mod programs;

use unicode_width::UnicodeWidthStr;

/// A published page, from top to bottom.
struct Page {
    tag: &'static str,
    title: &'static str,
    properties: &'static str,
    /// Labels with their values. The identifier follows a display name that differs from it.
    rows: [(&'static str, &'static str); 4],
    /// Headings, each with its sentence.
    sections: [(&'static str, &'static str); 2],
    details: &'static str,
}

const CHANNEL: &str = "Microsoft-Windows-Application Server-Applications/Analytic";

const PAGES: [Page; 6] = [
    Page {
        tag: "en-US",
        title: "4031 - DispatchSessionFailed",
        properties: "Properties",
        rows: [("ID", "4031"), ("Keywords", "ActivationServices"), ("Level", "Error"), ("Channel", CHANNEL)],
        sections: [
            ("Description", "This event is emitted when the session dispatch has failed."),
            ("Message", "Session dispatch failed."),
        ],
        details: "Details",
    },
    Page {
        tag: "ja-JP",
        title: "4031 - DispatchSessionFailed",
        properties: "プロパティ",
        rows: [
            ("ID", "4031"),
            ("キーワード", "ActivationServices"), // ours
            ("レベル", "エラー"),                 // the label is ours
            ("チャネル", CHANNEL),
        ],
        sections: [
            // Both headings are ours.
            ("説明", "このイベントは、セッション ディスパッチに失敗したときに生成されます。"),
            ("メッセージ", "セッション ディスパッチに失敗しました。"),
        ],
        details: "詳細",
    },
    Page {
        tag: "ru-RU",
        title: "4031 - DispatchSessionFailed",
        properties: "Свойства",
        rows: [
            ("ID", "4031"),
            ("Ключевые слова", "Службы активации (ActivationServices)"), // the label is ours
            ("Уровень", "Ошибка"),                                       // the label is ours
            ("Канал", CHANNEL),
        ],
        sections: [
            ("Описание", "Это событие создается при ошибке диспетчеризации сеанса."),
            ("Сообщение", "Ошибка диспетчеризации сеанса."),
        ],
        details: "Подробнее",
    },
    Page {
        tag: "zh-TW",
        title: "4031 - DispatchSessionFailed",
        properties: "屬性",
        rows: [("識別碼", "4031"), ("關鍵字", "ActivationServices"), ("層級", "錯誤"), ("通路", CHANNEL)],
        sections: [("描述", "當工作階段分派失敗時，就會發出此事件。"), ("訊息", "工作階段分派失敗。")],
        details: "詳細資料",
    },
    Page {
        tag: "fr-FR",
        title: "4031 - DispatchSessionFailed",
        properties: "Propriétés",
        rows: [
            ("ID", "4031"),
            ("Mots clés", "ActivationServices"),
            ("Niveau", "Erreur"),
            (
                "Canal",
                "Microsoft-Windows-Application Server-Applications/Analyse \
                 (Microsoft-Windows-Application Server-Applications/Analytic)",
            ),
        ],
        sections: [
            ("Description", "Cet événement est émis lorsque la distribution de session a échoué."),
            ("Message", "Échec de la distribution de sessions."),
        ],
        details: "Détails",
    },
    Page {
        tag: "ko-KR",
        title: "4031 - DispatchSessionFailed",
        properties: "속성",
        rows: [
            ("ID", "4031"),
            ("키워드", "ActivationServices"),
            ("수준", "오류"),
            (
                "채널",
                "Microsoft-Windows-응용 프로그램 서버-응용 프로그램/분석 \
                 (Microsoft-Windows-Application Server-Applications/Analytic)",
            ),
        ],
        sections: [
            ("설명", "이 이벤트는 세션을 디스패치하지 못할 경우 내보내집니다."),
            ("메시지", "세션을 디스패치하지 못했습니다."),
        ],
        details: "설명",
    },
];

/// Returns the lines of a page, without empty lines and with one space between columns.
fn lines(page: &str) -> Vec<String> {
    let joined = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    page.lines().map(joined).filter(|line| !line.is_empty()).collect()
}

fn run_quickstart(tag: &str) -> String {
    let vars = [("DISPATCH_FAILURE_LOCALE", tag), ("DISPATCH_FAILURE_FORMAT", "pretty")];
    programs::run("quickstart", &vars).ok()
}

#[test]
fn quickstart_prints_every_published_page_word_for_word() {
    for Page { tag, title, properties, rows, sections, details } in PAGES {
        let mut expected = vec![title.to_owned(), properties.to_owned()];
        expected.extend(rows.map(|(label, value)| format!("{label} {value}")));
        expected
            .extend(sections.iter().flat_map(|(heading, text)| [(*heading).to_owned(), (*text).to_owned()]));
        expected.push(details.to_owned());

        let page = run_quickstart(tag);
        let lines = lines(&page);
        assert_eq!(lines[..expected.len()], expected, "{tag}:\n{page}");
    }
}

#[test]
fn the_details_describe_the_one_dispatch_that_failed() {
    for Page { tag, title, .. } in PAGES {
        let page = run_quickstart(tag);
        assert_eq!(page.matches(title).count(), 1, "{tag}: one failed dispatch is one page");
        for value in ["worker-a refused the connection", "dispatch_session", "quickstart", "worker-a"] {
            assert!(
                lines(&page).iter().any(|line| line.ends_with(&format!(" {value}"))),
                "{tag}: {value}\n{page}"
            );
        }
        assert!(lines(&page).contains(&"session.id 2".to_owned()), "{tag}:\n{page}");
    }
}

#[test]
fn values_are_aligned_in_one_column_and_headings_start_at_the_margin() {
    for Page { tag, properties, rows, sections, details, .. } in PAGES {
        let page = run_quickstart(tag);
        for heading in [properties, sections[0].0, sections[1].0, details] {
            assert!(page.contains(&format!("\n\n{heading}\n  ")), "{tag}: {heading}\n{page}");
        }
        let column = |(label, value): (&str, &str)| {
            let row = page.lines().find(|line| line.trim_start().starts_with(label) && line.ends_with(value));
            let row = row.unwrap_or_else(|| panic!("{tag}: {label}\n{page}"));
            assert!(row.starts_with("  ") && row.contains(&format!("  {value}")), "{tag}: {row}");
            row.width() - value.width()
        };
        let columns = rows.map(column);
        assert!(columns.iter().all(|column| *column == columns[0]), "{tag}: {columns:?}\n{page}");
    }
}
