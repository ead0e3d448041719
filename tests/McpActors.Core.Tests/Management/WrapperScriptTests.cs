using FluentAssertions;
using McpActors.Core.Management;
using Xunit;

namespace McpActors.Core.Tests.Management;

public sealed class WrapperScriptTests
{
    [Theory]
    [InlineData("#!/bin/sh\nexec npx -y foo@1.0.0 \"$@\"\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/usr/bin/env bash\nset -euo pipefail\n# npx -y old@0.1.0\nexport TOKEN=\"$(cat /run/token)\"\nexec npx \\\n  -y \\\n  '@s/foo@1.0.0' \\\n  --stdio\n", "npm @s/foo 1.0.0 ExactVersion")]
    [InlineData("npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\r\nexec npx -y foo@1.0.0\r\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nVERSION=1.0.0\nexec npx -y foo@$VERSION\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nPKG=\"@s/foo\"\nVERSION='1.0.0'\nexec npx -y \"${PKG}@${VERSION}\"\n", "npm @s/foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/bash\nreadonly V=1.0\nexec uvx --from \"pkg[x]==${V}\" cmd\n", "pypi pkg 1.0 ExactVersion")]
    [InlineData("#!/bin/sh\nexec npx -y foo@${VERSION:-1.0.0}\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nV=1.0.0\nV=2.0.0\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nif [ -n \"$X\" ]; then V=1.0.0; fi\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\n[ -n \"$X\" ] || V=1.0.0\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nV=1.0.0\n. ./env.sh\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nV=1.0.0\nread -r V < version\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nV=$(cat version)\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\n(V=1.0.0)\nexec npx -y foo@$V\n", "npm foo - Unclear")]
    [InlineData("#!/bin/sh\nexec npx -y foo@1.0.0\nexec npx -y dead@9.9.9\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nnpx -y setup@1.0.0\nexec npx -y foo@2.0.0\n", "npm foo 2.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nnpx -y setup@1.0.0\nexec /opt/server\n", "none - - NoPackage")]
    [InlineData("#!/bin/sh\nif [ \"$1\" = \"--selfcheck\" ]; then\n  command -v npx >/dev/null || exit 1\n  exit 0\nfi\nexec npx -y foo@1.0.0 \"$@\"\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\ncase \"${1:-}\" in\n  --selfcheck|-c) exec node --version ;;\n  (*) ;;\nesac\nexec npx -y foo@1.0.0\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nif [ -n \"$BETA\" ]; then exec npx -y foo@2.0.0; fi\nexec npx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nif x; then npx -y foo@2.0.0; exit; fi\nnpx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nif x; then exec npx -y foo@1.0.0; else exec npx -y foo@1.0.0 --y; fi\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nif x; then npx -y foo@1.0.0; else npx -y foo@2.0.0; fi\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nnpx -y foo@1.0.0 || npx -y foo@2.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nnpx -y foo@1.0.0 || exit 1\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nnpx -y foo@1.0.0 2>&1 | tee log\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nnpx -y foo@1.0.0 &\npid=$!\ntrap 'kill $pid' TERM\nwait $pid\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/sh\nwhile true; do npx -y foo@1.0.0; sleep 1; done\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/bash\nmain() {\n  exec npx -y foo@1.0.0 \"$@\"\n}\nmain \"$@\"\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/bash\nnpx() { command npx --registry x \"$@\"; }\nnpx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nalias npx=other\nnpx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\neval \"npx -y foo@1.0.0\"\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\n./other.sh\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nexec \"$SERVER\"\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\nexec npx $OPTS foo@1.0.0\n", "npm - - Unclear")]
    [InlineData("#!/bin/sh\nexec npx -y \"$PKG\"\n", "npm - - Unclear")]
    [InlineData("#!/bin/sh\ncat <<EOF >/dev/null\nexec npx -y no@9.9.9\nEOF\nexec npx -y foo@1.0.0\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/bash\nif [[ $A == b && ( $C < d ) ]]; then echo \"it's\" >&2; fi\nX=$(echo \"it's\")\nexec npx -y foo@1.0.0\n", "npm foo 1.0.0 ExactVersion")]
    [InlineData("#!/bin/bash\nARGS=(-y foo@1.0.0)\nexec npx \"${ARGS[@]}\"\n", "npm - - Unclear")]
    [InlineData("#!/bin/sh\nif x; then\nexec npx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\necho 'open\nexec npx -y foo@1.0.0\n", "unknown - - Unclear")]
    [InlineData("#!/bin/sh\ndocker run -i --rm -e \"TOKEN=$TOKEN\" -v \"$HOME:/h\" img:1.0\n", "oci img 1.0 Tag")]
    [InlineData("#!/bin/sh\nNODE_ENV=production exec node /srv/node_modules/@s/foo/index.js\n", "npm @s/foo - Installed")]
    [InlineData("#!/usr/bin/env node\nconsole.log('npx -y foo@1.0.0')\n", "none - - NoPackage")]
    [InlineData("#!/bin/sh\n", "none - - NoPackage")]
    [InlineData("", "none - - NoPackage")]
    public void A_wrapper_tells_the_package_that_it_ends_in(string script, string expected) =>
        PackagePinDetectorTests.Tell(PackagePinDetector.Detect("/opt/wrap", [], script)).Should().Be(expected);

    [Theory]
    [InlineData("#!/bin/sh\nexec npx -y foo@1.0.0 \"$@\"\n", "#!/bin/sh\nexec npx -y foo@9.8.7 \"$@\"\n")]
    [InlineData("#!/bin/sh\nexec npx -y \"foo\" \"$@\"\n", "#!/bin/sh\nexec npx -y \"foo@9.8.7\" \"$@\"\n")]
    [InlineData("P=foo@1.0.0\nexec npx -y \\\n  \"$P\"\n", "P=foo@9.8.7\nexec npx -y \\\n  \"$P\"\n")]
    [InlineData("exec bash -c 'exec uvx pkg@1.0 --x'\n", "exec bash -c 'exec uvx pkg@9.8.7 --x'\n")]
    public void A_version_in_a_script_is_edited_where_it_stands(string script, string expected)
    {
        var place = PackagePinDetector.Detect("./wrap", [], script).Place!;

        place.ArgumentIndex.Should().BeNull();
        place.Edit(script, "9.8.7").Should().Be(expected);
        PackagePinDetector.Detect("./wrap", [], expected).Version.Should().Be("9.8.7");
    }

    [Fact]
    public void A_version_put_together_from_pieces_has_no_place()
    {
        var pin = PackagePinDetector.Detect("./wrap", [], "V=1.0.0\nexec npx -y foo@$V\n");

        (pin.Pinned, pin.Version, pin.Place).Should().Be((true, "1.0.0", null));
    }

    [Fact]
    public void Arguments_reach_the_script_and_the_version_is_edited_there()
    {
        string[] args = ["/opt/wrap", "npx", "-y", "foo@1.0.0"];
        var pin = PackagePinDetector.Detect("bash", args, "#!/bin/sh\nexec \"$@\"\n");

        PackagePinDetectorTests.Tell(pin).Should().Be("npm foo 1.0.0 ExactVersion");
        pin.Place.Should().Be(new PinPlace(3, 1, 4, 10, "@"));
        PackagePinDetector.Detect("./w", ["2.0.0"], "exec npx -y foo@${1:-1.0.0}").Version.Should().Be("2.0.0");
        PackagePinDetector.Detect("./w", [], "exec npx -y foo@${1:-1.0.0}").Version.Should().Be("1.0.0");
        PackagePinDetector.Detect("./w", ["2.0.0"], "shift\nexec npx -y foo@$1").Reason.Should().Be(PinReason.Unclear);
    }

    [Theory]
    [InlineData("DIR=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nexec node \"$DIR/node_modules/foo/index.js\"\n")]
    [InlineData("cd \"$(dirname \"$0\")\"\nexec node node_modules/foo/index.js\n")]
    [InlineData("cd \"$(dirname \"${BASH_SOURCE[0]}\")\" || exit 1\nexec node ./node_modules/foo/index.js\n")]
    [InlineData("exec node \"$(dirname -- \"$0\")/node_modules/foo/index.js\"\n")]
    public void The_usual_ways_to_find_the_own_folder_are_known(string script)
    {
        var pin = PackagePinDetector.Detect("/opt/x/wrap", [], script);

        PackagePinDetectorTests.Tell(pin).Should().Be("npm foo - Installed");
        pin.PackageJsonPath!.Replace("/./", "/", StringComparison.Ordinal).Should().Be("/opt/x/node_modules/foo/package.json");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Broken_and_hostile_scripts_end_unclear_or_plain_but_never_in_an_exception(int seed)
    {
        var random = new Random(seed);
        string[] pieces =
            ["npx -y a@1.0.0", "exec ", "\n", ";", "&&", "||", "|", "(", ")", "{", "}", "if ", "then ", "fi", "case x in ", "esac", "$(", "${", "}", "`", "'", "\"", "\\", "<<EOF", "<(", "#", "$", "=", "V=", "$V", "~", ">", "&", "f() ", "do ", "done", "[[ ", "]]", "!", " "];
        for (var i = 0; i < 3000; i++)
        {
            var script = string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => pieces[random.Next(pieces.Length)]));
            var pin = PackagePinDetector.Detect("./w", ["q"], script);
            if (pin.Place is { ArgumentIndex: null } place)
            {
                place.Edit(script, "9.9.9").Should().Contain("9.9.9");
            }
        }
    }

    [Fact]
    public void Bounds_hold_for_deep_and_long_scripts()
    {
        Unclear(new string('(', 5000) + "npx a" + new string(')', 5000));
        Unclear(string.Concat(Enumerable.Repeat("\"$(", 5000)));
        Unclear(string.Concat(Enumerable.Repeat("if a; then ", 5000)));
        Unclear(new string('x', PackagePinDetector.MaxScriptLength + 1));
        Unclear("npx a\0b");
        Unclear("f() { g; }\ng() { f; }\nf\n");
        Unclear("f() { f || f || f || f; }\nf\n");
        PackagePinDetector.Detect("./w", [], string.Concat(Enumerable.Repeat("{ ", 30)) + "npx a; " + string.Concat(Enumerable.Repeat("}; ", 30))).Name.Should().Be("a");

        static void Unclear(string script) =>
            PackagePinDetector.Detect("./w", [], script).Reason.Should().Be(PinReason.Unclear);
    }
}
