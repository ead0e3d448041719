namespace McpActors.Core.Management;

/// <summary>The kind of registry that a package comes from.</summary>
public enum PackageEcosystem
{
    /// <summary>No package: a program that is simply there.</summary>
    None,

    /// <summary>It may be a package, but which one cannot be said.</summary>
    Unknown,

    /// <summary>npm.</summary>
    Npm,

    /// <summary>PyPI.</summary>
    Pypi,

    /// <summary>NuGet.</summary>
    Nuget,

    /// <summary>A container image.</summary>
    Oci,
}

/// <summary>Why a package counts as pinned, or why it does not.</summary>
public enum PinReason
{
    /// <summary>Pinned: one exact version is written.</summary>
    ExactVersion,

    /// <summary>Pinned: a content digest is written.</summary>
    Digest,

    /// <summary>Installed on disk; pinned once its version was read, because a start does not fetch another.</summary>
    Installed,

    /// <summary>Only the side file names it; pinned when the side file gives an exact version.</summary>
    Declared,

    /// <summary>Not pinned: no version is written.</summary>
    NoVersion,

    /// <summary>Not pinned: a tag, such as <c>latest</c>, that can be moved.</summary>
    Tag,

    /// <summary>Not pinned: a range of versions.</summary>
    Range,

    /// <summary>Not pinned: a git repository, a URL or a folder instead of a registry.</summary>
    NotFromRegistry,

    /// <summary>Not pinned: only a Python module is named; its package and version depend on the environment.</summary>
    ModuleOnly,

    /// <summary>There is no package to pin.</summary>
    NoPackage,

    /// <summary>Not known: reading it off the command would be a guess.</summary>
    Unclear,
}

/// <summary>Which package a server is, at which version, and where that is written.</summary>
/// <remarks>Holds names, versions and places only: never a URL or another argument, which could carry a secret.</remarks>
public sealed record PackagePin
{
    /// <summary>Where the package comes from.</summary>
    public required PackageEcosystem Ecosystem { get; init; }

    /// <summary>The package as written (of a Python module: the module), or null when it is not known.</summary>
    public string? Name { get; init; }

    /// <summary>The version, range or tag as written, without the operator of an exact version; null when none is.</summary>
    public string? Version { get; init; }

    /// <summary>The digest of an image, <c>sha256:</c> and 64 hex digits, or null.</summary>
    public string? Digest { get; init; }

    /// <summary>Why it counts as pinned or not.</summary>
    public required PinReason Reason { get; init; }

    /// <summary>The exact place of the version, for an edit; null when it is written nowhere, or in pieces.</summary>
    public PinPlace? Place { get; init; }

    /// <summary>The file that tells the version of a package installed on disk, relative to the server's working directory or absolute; or null.</summary>
    public string? PackageJsonPath { get; init; }

    /// <summary>The version found on disk or given by the side file, or null.</summary>
    public string? InstalledVersion { get; init; }

    /// <summary>The file in which the side file says the version is written, or null.</summary>
    public string? PinnedIn { get; init; }

    /// <summary>The program that runs the package (<c>npx</c>, <c>uvx</c>, <c>docker</c>), or null.</summary>
    public string? Launcher { get; init; }

    /// <summary>True when a start always runs the same release.</summary>
    public bool Pinned => Reason switch
    {
        PinReason.ExactVersion or PinReason.Digest => true,
        PinReason.Installed => InstalledVersion is not null,
        PinReason.Declared => InstalledVersion is { } version && VersionText.IsExact(Ecosystem, version),
        _ => false,
    };

    /// <summary>The ecosystem's stable name: <c>none</c>, <c>unknown</c>, <c>npm</c>, <c>pypi</c>, <c>nuget</c> or <c>oci</c>.</summary>
    public string EcosystemName => Ecosystem.ToString().ToLowerInvariant();

    /// <summary>The reason in words, with the next step where there is one.</summary>
    public string Why => Reason switch
    {
        PinReason.ExactVersion => "An exact version is written.",
        PinReason.Digest => "The image is named by its digest.",
        PinReason.Installed when InstalledVersion is not null => "The package is installed on disk; a start does not fetch another.",
        PinReason.Installed => "The package is installed on disk, but its package.json did not tell the version.",
        PinReason.Declared => "The side file names the package; the command does not show it.",
        PinReason.NoVersion => "No version is written, so every start may fetch a newer release. Write an exact version.",
        PinReason.Tag => "A tag can be moved to another release at any time. Write an exact version or a digest.",
        PinReason.Range => "A range lets a start fetch a newer release. Write an exact version.",
        PinReason.NotFromRegistry => "It comes from a git repository, a URL or a folder, not from a registry. Use a released version.",
        PinReason.ModuleOnly => "Only a Python module is named. Name its package in the side file.",
        PinReason.NoPackage => "It is a program on this machine, not a package.",
        _ => "The command does not say clearly which package it runs. Name the package in the side file.",
    };

    /// <summary>The same pin with the version that its package.json tells.</summary>
    public PackagePin WithInstalledVersion(string? version) => this with { InstalledVersion = version };

    internal static PackagePin Unclear(string? launcher = null) =>
        new() { Ecosystem = PackageEcosystem.Unknown, Reason = PinReason.Unclear, Launcher = launcher };

    internal static PackagePin NoPackage(string? launcher = null) =>
        new() { Ecosystem = PackageEcosystem.None, Reason = PinReason.NoPackage, Launcher = launcher };
}

/// <summary>
/// Where a version is written: a stretch of one line of an argument or of the wrapper script. It begins at the
/// separator (<c>@</c>, <c>==</c>, <c>:</c>) and ends after the version; it is empty where a version would have to be inserted.
/// </summary>
/// <param name="ArgumentIndex">The argument, from 0, or null for the wrapper script.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The first character, from 1, in UTF-16 units.</param>
/// <param name="EndColumn">The character after the last one, from 1.</param>
/// <param name="Separator">What stands between the name and an exact version.</param>
public sealed record PinPlace(int? ArgumentIndex, int Line, int Column, int EndColumn, string Separator)
{
    /// <summary>
    /// The text (the argument, or the whole script) with another version at this place.
    /// A digest (<c>sha256:…</c>) takes <c>@</c> as its separator.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The version has a character other than letters, digits and <c>. _ + - : @</c> (it goes into a command line), or
    /// the text does not have this place.
    /// </exception>
    public string Edit(string text, string version)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(version);
        if (!version.All(c => char.IsAsciiLetterOrDigit(c) || "._+-:@".Contains(c, StringComparison.Ordinal)))
        {
            throw new ArgumentException("A version has letters, digits and . _ + - : @ only.", nameof(version));
        }

        var start = 0;
        for (var line = 1; line < Line; line++)
        {
            var feed = text.IndexOf('\n', start);
            if (feed < 0)
            {
                throw new ArgumentException($"The text has no line {Line}.", nameof(text));
            }

            start = feed + 1;
        }

        var end = start + EndColumn - 1;
        if (end > text.Length || text.AsSpan(start, end - start).Contains('\n'))
        {
            throw new ArgumentException($"Line {Line} has no column {EndColumn}.", nameof(text));
        }

        var separator = version.StartsWith("sha256:", StringComparison.Ordinal) ? "@" : Separator;
        return string.Concat(text.AsSpan(0, start + Column - 1), separator, version, text.AsSpan(end));
    }
}
