"""Languages told by their commonest words; only English is read."""

import pytest

from drverify.adapters.documents.language import language_of, language_remark

ENGLISH = "The Provider shall keep the backups of all the systems for a period of thirty days and test them every year in the presence of the Customer. "
GERMAN = "Der Anbieter hat die Sicherungen aller Systeme für die Dauer von dreißig Tagen aufzubewahren und sie nicht nur auf Verlangen zu prüfen. "
FRENCH = "Le prestataire est tenu de conserver les sauvegardes pour une durée de trente jours et de les tester dans le cadre du présent contrat. "
DUTCH = "De leverancier bewaart de back-ups van het systeem niet langer dan dertig dagen en test deze op verzoek van de klant met een herstel. "
SPANISH = "El proveedor conservará las copias de seguridad de los sistemas por un plazo de treinta días y las probará con el cliente para que no se pierdan. "


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN * 3, "de"),
        (FRENCH * 3, "fr"),
        (DUTCH * 3, "nl"),
        (SPANISH * 3, "es"),
        (ENGLISH * 30 + FRENCH * 30, "mul"),
        (ENGLISH * 60 + FRENCH * 4, "en"),
        ("备份保留三十天。" * 20, "und"),
        ("RPO 4 h", "und"),
        ("", "und"),
        ("VMs: 12. DB: pg14. " * 20, "und"),
    ],
)
def test_language(text, language):
    assert language_of(text) == language


def test_what_is_remarked():
    assert language_remark("en", ENGLISH) is None
    assert language_remark("und", "RPO 4 h") is None
    for language, text in (("de", GERMAN), ("mul", ENGLISH + FRENCH), ("und", "备份保留三十天。")):
        remark = language_remark(language, text)
        assert remark is not None
        assert remark.kind == "language"
        assert remark.blocks_absence
