"""What is published: types that the schemas make, a small bundle, exports that resolve, a README whose samples run."""

import gzip
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from tests.clients.node import PACKAGES, run_node
from tests.server_process import ServerProcess
from tests.web_client.package import MODULES, SOURCE, Package

GUIDE = (SOURCE.parent.parent / "docs/frontend.md").read_text()
README = (SOURCE / "README.md").read_text()
ASK, SHOW, REACT = re.findall(r"```(?:ts|tsx)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

# Bytes that a page loads, minified and gzipped, with the parser of the streams in them: those that it begins with, and
# all of them, with those that it loads where streams do not get through.
SIZES = {
    'import { createClient } from "@cantata/client/runs"; globalThis.x = createClient;': (5_000, 5_500),
    'import { createClient } from "@cantata/client"; globalThis.x = createClient;': (5_900, 6_400),
    'export * from "@cantata/client";': (8_200, 8_700),
}


def bundled(tmp_path: Path, source: str) -> tuple[int, int]:
    """Bundle a page's own line of imports; return the bytes that it begins with, and all."""
    entry, out = tmp_path / "entry.ts", tmp_path / "out"
    entry.write_text(source)
    esbuild = str(PACKAGES / "esbuild" / "bin" / "esbuild")
    modules = {"": "index.ts", "/runs": "runs.ts"}
    aliases = [f"--alias:@cantata/client{name}={SOURCE / 'src' / module}" for name, module in modules.items()]
    options = ["--bundle", "--splitting", "--minify", "--format=esm", "--target=es2022", "--log-level=error"]
    run_node("--input-type=module", "-e", RUN_ESBUILD, esbuild, str(entry), f"--outdir={out}", *aliases, *options)
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in out.iterdir()}
    assert set(sizes) == {"entry.js", *(path.name for path in out.glob("poll-*.js"))}
    return sizes["entry.js"], sum(sizes.values())


RUN_ESBUILD = """
import { execFileSync } from "node:child_process";
const [program, ...options] = process.argv.slice(1);
execFileSync(program, options, { stdio: "inherit" });
"""


def test_the_types_are_what_the_schemas_say() -> None:
    run_node(str(SOURCE / "generate.mjs"), "--check")


def test_the_types_differ_when_a_schema_does(tmp_path: Path) -> None:
    """The check is able to fail."""
    for part in ("docs/schemas", "web/client/src"):
        (tmp_path / part).mkdir(parents=True)
    for path in (SOURCE.parent.parent / "docs/schemas").glob("*.json"):
        (tmp_path / "docs/schemas" / path.name).write_text(path.read_text().replace('"replaces"', '"displaces"'))
    (tmp_path / "web/client/generate.mjs").write_text((SOURCE / "generate.mjs").read_text())
    (tmp_path / "web/client/src/types.ts").write_text((SOURCE / "src/types.ts").read_text())
    (tmp_path / "web/node_modules").symlink_to(MODULES)

    with pytest.raises(AssertionError, match="not what the schemas say"):
        run_node(str(tmp_path / "web/client/generate.mjs"), "--check")


@pytest.mark.parametrize(("source", "most"), SIZES.items(), ids=["runs", "client", "all"])
def test_the_bundle_is_small(tmp_path: Path, source: str, most: tuple[int, int]) -> None:
    at_first, in_all = bundled(tmp_path, source)

    assert at_first <= most[0]
    assert in_all <= most[1]


def test_the_readme_tells_how_small_it_is() -> None:
    told = re.findall(r"\| ([\d.]+) kB \| ([\d.]+) kB \|", README)

    assert told == [(f"{at_first / 1_000:.1f}", f"{in_all / 1_000:.1f}") for at_first, in_all in SIZES.values()]


def test_it_needs_nothing_but_a_parser_and_only_react_for_the_hook(package: Package) -> None:
    manifest: Any = json.loads((SOURCE / "package.json").read_text())
    built = package.folder / "node_modules/@cantata/client"
    exported = [path for entry in manifest["exports"].values() for path in entry.values()]
    imported = {
        path.name: set(re.findall(r'from "([^."][^"]*)"', path.read_text())) for path in (built / "dist").glob("*.js")
    }

    assert all((built / path).exists() for path in exported)
    assert set(manifest["dependencies"]) == {"eventsource-parser"}
    assert {name: packages for name, packages in imported.items() if packages} == {
        "stream.js": {"eventsource-parser"},
        "react.js": {"react"},
    }


def test_no_module_imports_itself_by_a_detour() -> None:
    """Not even a type: what two modules need of each other belongs into a third."""
    sources = list((SOURCE / "src").glob("*.ts"))
    imports = {path.stem: re.findall(r'(?:from|import\()\s*"\./(\w+)\.js"', path.read_text()) for path in sources}

    assert "poll" in imports["follow"]
    assert set(TopologicalSorter(imports).static_order()) == {path.stem for path in sources}


def test_it_is_imported_by_its_names(package: Package) -> None:
    script = """
    show(Object.keys(await import("@cantata/client")).sort());
    show(Object.keys(await import("@cantata/client/react")));
    show(Object.keys(await import("@cantata/client/runs")));
    """

    names, hooks, of_runs = package.run(script)

    assert names == ["CantataError", "Run", "createClient", "createRunStore", "initialWorkflow", "isFinal", "reduce"]
    assert hooks == ["useWorkflow"]
    assert of_runs == ["CantataError", "createClient"]


def test_the_guide_shows_samples_of_the_readme() -> None:
    assert set(re.findall(r"```(?:ts|tsx)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)) == {ASK, REACT}


def shown(package: Package, sample: str, server: ServerProcess, more: str = "") -> list[str]:
    """Run a sample against the server; return the lines that it logs."""
    assert "http://localhost:8000" in sample
    script = package.folder / "sample.mjs"
    script.write_text(sample.replace("http://localhost:8000", server.url) + more)
    return run_node(str(script)).splitlines()


def test_the_readme_asks(agents: ServerProcess, package: Package) -> None:
    lines = shown(package, ASK, agents)

    assert lines[0].startswith("calculator")
    assert any(line.startswith("17*23 = 391.") for line in lines)


def test_the_readme_shows(agents: ServerProcess, package: Package) -> None:
    assert "ended completed 17*23 = 391." in shown(package, SHOW, agents)


def test_the_readme_draws_with_react(agents: ServerProcess, package: Package) -> None:
    drive = """
    import { createElement } from "react";
    import { create } from "react-test-renderer";
    const page = create(createElement(Chat));
    const pause = () => new Promise((done) => setTimeout(done, 5));
    const until = async (claim) => { while (!claim(JSON.stringify(page.toJSON()))) await pause(); };
    await until((text) => text !== "null");
    page.root.findAllByType("button")[0].props.onClick();
    await until((text) => text.includes('"calculator",": ","ok"') && text.includes("17*23 = 391."));
    console.log("drawn");
    page.unmount();
    """
    (package.folder / "chat.tsx").write_text(REACT.replace("http://localhost:8000", agents.url) + drive)
    esbuild = str(PACKAGES / "esbuild" / "bin" / "esbuild")
    options = ["--format=esm", "--jsx=automatic", f"--outfile={package.folder / 'chat.mjs'}", "--log-level=error"]
    run_node("--input-type=module", "-e", RUN_ESBUILD, esbuild, str(package.folder / "chat.tsx"), *options)

    printed = run_node(str(package.folder / "chat.mjs"), environment={"NODE_ENV": "production"})

    assert printed == "drawn\n"


def test_the_samples_of_the_readme_type_check(package: Package) -> None:
    folder = package.folder / "typed"
    folder.mkdir()
    for name, sample in {"ask.ts": ASK, "show.ts": SHOW, "chat.tsx": REACT}.items():
        (folder / name).write_text(sample)
    (package.folder / "node_modules/@types").symlink_to(MODULES / "@types")
    (folder / "package.json").write_text('{"type": "module"}')
    options = {"module": "NodeNext", "target": "ES2022", "strict": True, "noEmit": True, "jsx": "react-jsx"}
    options |= {"lib": ["ES2023", "DOM", "DOM.Iterable"], "types": [], "exactOptionalPropertyTypes": True}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))

    run_node(str(MODULES / ".bin" / "tsc"), "-p", str(folder))
