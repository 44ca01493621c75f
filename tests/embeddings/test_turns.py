import threading

from embeddings.turns import Turns


def test_turns_are_taken_in_the_order_asked_for():
    turns, taken, threads = Turns(), [], []

    def take(number: int) -> None:
        with turns:
            taken.append(number)

    with turns:
        for number in range(8):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                pass
    with turns:
        taken.append(8)
    for thread in threads:
        thread.join()
    assert taken == list(range(9))
