"""The label as it is printed."""

from tests.support import ANNA, BERT, AppTest


class LabelTest(AppTest):
    def render(self, **changes):
        parcel = {"number": "P00000042", "sender": ANNA, "recipient": BERT, "grams": 1200, "cents": 850, **changes}
        return self.app.labels.render(parcel)

    def test_the_whole_label(self):
        self.assertEqual(
            self.render(),
            "========================================\n"
            "P00000042                         1.2 kg\n"
            "----------------------------------------\n"
            "FROM Anna Beispiel\n"
            "     Torstraße 1\n"
            "     10115 Berlin\n"
            "\n"
            "TO   Bert Muster\n"
            "     Tal 5\n"
            "     80331 München\n"
            "----------------------------------------\n"
            "           | | | | | | | | |\n"
            "========================================\n",
        )

    def test_weights_are_rounded_up(self):
        for grams, shown in [(1, "0.1 kg"), (1000, "1.0 kg"), (1001, "1.1 kg"), (31_500, "31.5 kg")]:
            self.assertIn(shown, self.render(grams=grams))

    def test_the_check_digit_follows_the_number(self):
        self.assertNotEqual(self.render(number="P00000001"), self.render(number="P00000010"))
