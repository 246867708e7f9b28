"""Planted: imports that only work where more is installed than was declared."""


def test_imports_what_every_machine_has():
    import pip

    assert pip.__version__


def test_imports_what_the_runner_has():
    from tinyvoice import undeclared

    assert undeclared.NAME == "iniconfig"
