import pytest

from archive.parsing.names import authors_in, is_name


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("Anna Lind", ["Anna Lind"]),
        ("By Anna Lind", ["Anna Lind"]),
        ("Anna Lind; Tom Reed ;  J.-P. Oake", ["Anna Lind", "Tom Reed", "J.-P. Oake"]),
        ("Gil Altero, PhD; Kristen Honey, PhD", ["Gil Altero, PhD", "Kristen Honey, PhD"]),
        ("Anna Lind and Tom Reed", ["Anna Lind", "Tom Reed"]),
        (
            "Anna Lind, Tom van der Berg, and Ruth O’Hara & J. D. Quill",
            ["Anna Lind", "Tom van der Berg", "Ruth O’Hara", "J. D. Quill"],
        ),
        ("Kristen O&#39;Nell", ["Kristen O'Nell"]),
        ("Smith, John", ["Smith, John"]),
        ("Robert L. Read, PhD", ["Robert L. Read, PhD"]),
        ("Jane Doe, Senior Editor", ["Jane Doe, Senior Editor"]),
        ("Office of Information Policy, DOJ", ["Office of Information Policy, DOJ"]),
        ("Communications Community Office, Government of Canada", ["Communications Community Office, Government of Canada"]),
        ("Structured and Open Content Models Working Group", ["Structured and Open Content Models Working Group"]),
        ("National Institute of Standards and Technology Team", ["National Institute of Standards and Technology Team"]),
        ("", []),
    ],
)
def test_who_wrote_it(byline: str, authors: list[str]) -> None:
    assert authors_in(byline) == authors


@pytest.mark.parametrize(
    "name", ["Mohammed Mustafa", "Ludwig van Beethoven", "J. R. R. Tolkien", "Élise Brun-Sœur", "محمد مصطفى"]
)
def test_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "text", ["Madonna", "The End", "Read More", "the last line", "Room 101", "It rained.", "Editorial Board", "a b"]
)
def test_no_name(text: str) -> None:
    assert not is_name(text)
