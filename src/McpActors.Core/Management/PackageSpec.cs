namespace McpActors.Core.Management;

/// <summary>Reads a package specification (<c>@scope/name@1.2.3</c>, <c>name[extra]==1.2</c>, <c>host:5000/image:tag@sha256:…</c>).</summary>
internal static class PackageSpec
{
    private static readonly string[] PypiOperators = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

    private static readonly string[] Archives = [".tgz", ".tar.gz", ".whl", ".zip"];

    /// <summary>An npm specification, aliases (<c>alias@npm:name@1.2.3</c>) resolved.</summary>
    public static PackagePin Npm(CommandWord word, string launcher, CommandTexts texts)
    {
        var text = word.Text;
        var at = text.Length == 0 ? -1 : text.IndexOf('@', 1);
        var name = at < 0 ? text : text[..at];
        if (name.Contains(CommandWord.Unknown, StringComparison.Ordinal))
        {
            return Bare(PackageEcosystem.Npm, null, PinReason.Unclear, launcher);
        }

        if (at > 0 && text.AsSpan(at + 1).StartsWith("npm:"))
        {
            return Npm(word.Slice(at + 5, text.Length), launcher, texts);
        }

        // A leading dot is a path; a slash without a scope is a repository.
        return VersionText.IsName(PackageEcosystem.Npm, name) && !LooksLikeArchive(name)
            ? Versioned(PackageEcosystem.Npm, name, word, at < 0 ? text.Length : at, 1, "@", launcher, texts)
            : Bare(PackageEcosystem.Npm, null, PinReason.NotFromRegistry, launcher);
    }

    /// <summary>A PyPI requirement; <paramref name="separator"/> is what an exact version would take where none is written.</summary>
    public static PackagePin Pypi(CommandWord word, string separator, string launcher, CommandTexts texts)
    {
        var text = word.Text;
        var end = 0;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '_' or '-'))
        {
            end++;
        }

        var name = text[..end];
        if (end < text.Length && text[end] == CommandWord.Unknown && end == 0)
        {
            return Bare(PackageEcosystem.Pypi, null, PinReason.Unclear, launcher);
        }

        var next = end;
        if (next < text.Length && text[next] == '[')
        {
            next = text.IndexOf(']', next) + 1;
        }

        if (!VersionText.IsName(PackageEcosystem.Pypi, name) || next == 0 || LooksLikeArchive(text)
            || (next < text.Length && text[next] is ':' or '/' or '\\' or '+'))
        {
            return Bare(PackageEcosystem.Pypi, null, PinReason.NotFromRegistry, launcher);
        }

        // An environment marker (; python_version < "3.13") is no part of the version.
        var marker = text.IndexOf(';', next);
        var whole = marker < 0 ? word : word.Slice(0, marker);
        var rest = whole.Text[next..].Trim();
        if (rest.Length == 0)
        {
            return Versioned(PackageEcosystem.Pypi, name, whole.Slice(0, next), next, 0, separator, launcher, texts);
        }

        if (rest[0] == '@')
        {
            var skip = whole.Text.IndexOf('@', next) + 1;
            while (skip < whole.Text.Length && whole.Text[skip] == ' ')
            {
                skip++;
            }

            return Versioned(PackageEcosystem.Pypi, name, whole, next, skip - next, "@", launcher, texts);
        }

        var op = PypiOperators.FirstOrDefault(o => rest.StartsWith(o, StringComparison.Ordinal));
        var version = op is null ? "" : rest[op.Length..].Trim();
        if (op is null || rest.Contains(CommandWord.Unknown, StringComparison.Ordinal))
        {
            return Bare(PackageEcosystem.Pypi, name, PinReason.Unclear, launcher);
        }

        var exact = op is "==" or "===" && VersionText.IsExact(PackageEcosystem.Pypi, version);
        var reason = exact ? PinReason.ExactVersion
            : VersionText.Classify(PackageEcosystem.Pypi, rest) == PinReason.Range ? PinReason.Range : PinReason.Unclear;
        return new PackagePin
        {
            Ecosystem = PackageEcosystem.Pypi,
            Name = name,
            Version = exact ? version : reason == PinReason.Range ? rest : null,
            Reason = reason,
            Place = whole.Place(next, whole.Text.TrimEnd().Length, "==", texts),
            Launcher = launcher,
        };
    }

    /// <summary>A NuGet package, with the version behind <c>@</c>.</summary>
    public static PackagePin Nuget(CommandWord word, string launcher, CommandTexts texts)
    {
        var at = word.Text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? word.Text : word.Text[..at];
        return VersionText.IsName(PackageEcosystem.Nuget, name)
            ? Versioned(PackageEcosystem.Nuget, name, word, at < 0 ? word.Text.Length : at, 1, "@", launcher, texts)
            : Bare(PackageEcosystem.Nuget, null, PinReason.Unclear, launcher);
    }

    /// <summary>A container image: the tag may be moved, the digest may not.</summary>
    public static PackagePin Oci(CommandWord word, string launcher, CommandTexts texts)
    {
        var text = word.Text;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var reference = at < 0 ? text : text[..at];
        // A colon before the last slash belongs to the port of the registry.
        var colon = reference.IndexOf(':', reference.LastIndexOf('/') + 1);
        var name = colon < 0 ? reference : reference[..colon];
        if (!VersionText.IsName(PackageEcosystem.Oci, name))
        {
            return Bare(PackageEcosystem.Oci, null, PinReason.Unclear, launcher);
        }

        var tag = colon < 0 ? null : reference[(colon + 1)..];
        var digest = at < 0 ? null : text[(at + 1)..];
        var start = colon >= 0 ? colon : reference.Length;
        var clear = (tag is null || VersionText.Classify(PackageEcosystem.Oci, tag) is PinReason.Tag or PinReason.Range)
            && (digest is null || VersionText.IsExact(PackageEcosystem.Oci, digest));
        if (!clear)
        {
            return Bare(PackageEcosystem.Oci, name, PinReason.Unclear, launcher);
        }

        return new PackagePin
        {
            Ecosystem = PackageEcosystem.Oci,
            Name = name,
            Version = tag,
            Digest = digest,
            Reason = digest is not null ? PinReason.Digest : tag is not null ? PinReason.Tag : PinReason.NoVersion,
            Place = word.Place(start, text.Length, ":", texts),
            Launcher = launcher,
        };
    }

    /// <summary>The name, then from <paramref name="start"/> a separator of <paramref name="skip"/> characters and a version; or the name alone.</summary>
    public static PackagePin Versioned(
        PackageEcosystem ecosystem, string name, CommandWord word, int start, int skip, string separator, string launcher, CommandTexts texts)
    {
        var from = Math.Min(start + skip, word.Text.Length);
        var version = word.Text[from..].Trim();
        var reason = version.Contains(CommandWord.Unknown, StringComparison.Ordinal) ? PinReason.Unclear : VersionText.Classify(ecosystem, version);
        var told = reason is PinReason.ExactVersion or PinReason.Range or PinReason.Tag;
        return new PackagePin
        {
            Ecosystem = ecosystem,
            Name = name,
            Version = told ? version : null,
            Reason = reason,
            Place = told || reason == PinReason.NoVersion ? word.Place(start, word.Text.Length, separator, texts) : null,
            Launcher = launcher,
        };
    }

    public static PackagePin Bare(PackageEcosystem ecosystem, string? name, PinReason reason, string launcher) =>
        new() { Ecosystem = ecosystem, Name = name, Reason = reason, Launcher = launcher };

    private static bool LooksLikeArchive(string text) =>
        text.StartsWith('.') || text.StartsWith('~')
        || Archives.Any(e => text.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
