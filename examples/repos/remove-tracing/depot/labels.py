"""Label text: 40 columns, what the printer at the counter can do."""

from depot.telemetry import traced

WIDTH = 40


class Labels:
    def __init__(self, tracer):
        self.tracer = tracer

    @traced("labels.render")
    def render(self, parcel):
        """The label of a parcel, lines ended by a line feed."""
        lines = [
            self._rule("="),
            f"{parcel['number']:<20}{self._weight(parcel['grams']):>20}",
            self._rule("-"),
            *self._address("FROM", parcel["sender"]),
            "",
            *self._address("TO", parcel["recipient"]),
            self._rule("-"),
            self._bars(parcel["number"]),
            self._rule("="),
        ]
        return "\n".join(lines) + "\n"

    @staticmethod
    def _rule(mark):
        return mark * WIDTH

    @staticmethod
    def _weight(grams):
        """Kilograms with one decimal, rounded up: what is printed is never less than what is carried."""
        tenths = -(-grams // 100)
        return f"{tenths // 10}.{tenths % 10} kg"

    @staticmethod
    def _address(title, address):
        return [
            f"{title:<5}{address['name']}",
            f"     {address['street']}",
            f"     {address['postcode']} {address['town']}",
        ]

    @staticmethod
    def _bars(number):
        """Each digit as one to ten narrow or wide bars with its check digit at the end; scanners read pairs."""
        digits = [int(digit) for digit in number[1:]]
        check = (10 - sum(digit * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits)) % 10) % 10
        return "".join("||" if digit % 2 else "| " for digit in [*digits, check]).center(WIDTH).rstrip()
