//! `explain`: the event's documentation page, in the languages in which Microsoft published it.
//!
//! The expected texts come from `dotnet/docs` and its translations: every sentence and label of the page
//! that is translated there.

use crate::{program, run};

const PAGES: [(&str, &[&str]); 5] = [
    (
        "ja-JP",
        &[
            "4031 - DispatchSessionFailed",
            "プロパティ",
            "ID",
            "エラー",
            "チャネル",
            "このイベントは、セッション ディスパッチに失敗したときに生成されます。",
            "セッション ディスパッチに失敗しました。",
            "詳細",
        ],
    ),
    (
        "ru-RU",
        &[
            "4031 - DispatchSessionFailed",
            "Свойства",
            "ID",
            "Службы активации",
            "Ошибка",
            "Канал",
            "Описание",
            "Это событие создается при ошибке диспетчеризации сеанса.",
            "Сообщение",
            "Ошибка диспетчеризации сеанса.",
            "Подробнее",
        ],
    ),
    (
        "zh-TW",
        &[
            "4031 - DispatchSessionFailed",
            "屬性",
            "識別碼",
            "關鍵字",
            "層級",
            "錯誤",
            "通路",
            "描述",
            "當工作階段分派失敗時，就會發出此事件。",
            "訊息",
            "工作階段分派失敗。",
            "詳細資料",
        ],
    ),
    (
        "fr-FR",
        &[
            "4031 - DispatchSessionFailed",
            "Propriétés",
            "ID",
            "Mots clés",
            "Niveau",
            "Erreur",
            "Canal",
            "Microsoft-Windows-Application Server-Applications/Analyse",
            "Description",
            "Cet événement est émis lorsque la distribution de session a échoué.",
            "Message",
            "Échec de la distribution de sessions.",
            "Détails",
        ],
    ),
    (
        "ko-KR",
        &[
            "4031 - DispatchSessionFailed",
            "속성",
            "ID",
            "키워드",
            "수준",
            "오류",
            "채널",
            "Microsoft-Windows-응용 프로그램 서버-응용 프로그램/분석",
            "설명",
            "이 이벤트는 세션을 디스패치하지 못할 경우 내보내집니다.",
            "메시지",
            "세션을 디스패치하지 못했습니다.",
            "설명",
        ],
    ),
];

#[test]
fn explain_prints_every_published_sentence_and_label_in_order() {
    for (tag, texts) in PAGES {
        let page = run(&["explain", "--locale", tag]).ok();
        let mut rest = page.as_str();
        for text in texts {
            let at = rest
                .find(text)
                .unwrap_or_else(|| panic!("{tag}: {text:?} is missing or out of order:\n{page}"));
            rest = &rest[at + text.len()..];
        }
        for identifier in
            ["4031", "ActivationServices", "Microsoft-Windows-Application Server-Applications/Analytic"]
        {
            assert!(page.contains(identifier), "{tag} lacks {identifier}");
        }
    }
}

#[test]
fn explain_uses_the_language_of_the_environment_by_default() {
    for (vars, title) in [
        (&[("LANG", "ja_JP.UTF-8")][..], "プロパティ"),
        (&[("LANG", "ja_JP.UTF-8"), ("LC_MESSAGES", "ru_RU.UTF-8")], "Свойства"),
        (&[("LC_ALL", "zh_HK.UTF-8"), ("LANG", "ja_JP.UTF-8")], "屬性"),
        (&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8"), ("LANGUAGE", "ja")], "Properties"),
    ] {
        let output = program(&["explain", "4031"]).envs(vars.iter().copied()).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains(title), "{vars:?}");
    }
}

#[test]
fn explain_refuses_other_events() {
    let ran = run(&["explain", "4030"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("event 4030 is unknown"), "{}", ran.stderr);
}

#[test]
fn explain_refuses_an_invalid_language_tag() {
    let ran = run(&["explain", "--locale", "ja_JP.UTF-8"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is not a BCP 47 language tag"), "{}", ran.stderr);
}
