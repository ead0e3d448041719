using System.Text.RegularExpressions;

namespace McpActors.Core.Management;

/// <summary>What a version, a range, a tag and a name look like in each ecosystem.</summary>
internal static partial class VersionText
{
    /// <summary>The longest name or version that is taken for one.</summary>
    public const int MaxLength = 256;

    /// <summary>True when the text names exactly one release in that ecosystem.</summary>
    public static bool IsExact(PackageEcosystem ecosystem, string text) => text.Length <= MaxLength && ecosystem switch
    {
        PackageEcosystem.Npm => NpmExact().IsMatch(text),
        PackageEcosystem.Pypi => PypiExact().IsMatch(text),
        PackageEcosystem.Nuget => NugetExact().IsMatch(text),
        PackageEcosystem.Oci => OciDigest().IsMatch(text),
        _ => false,
    };

    /// <summary>True when the text can be a package's name in that ecosystem.</summary>
    public static bool IsName(PackageEcosystem ecosystem, string text) => text.Length <= MaxLength && ecosystem switch
    {
        PackageEcosystem.Npm => NpmName().IsMatch(text),
        PackageEcosystem.Pypi => PypiName().IsMatch(text),
        PackageEcosystem.Nuget => NugetName().IsMatch(text),
        PackageEcosystem.Oci => OciName().IsMatch(text),
        _ => false,
    };

    /// <summary>
    /// Exact, range, tag, or not from a registry. What is none of them is unclear, so that nothing is kept of a text
    /// that could be anything.
    /// </summary>
    public static PinReason Classify(PackageEcosystem ecosystem, string text)
    {
        if (text.Length > MaxLength)
        {
            return PinReason.Unclear;
        }

        if (text.Length == 0)
        {
            return PinReason.NoVersion;
        }

        if (IsExact(ecosystem, text))
        {
            return PinReason.ExactVersion;
        }

        if (ecosystem != PackageEcosystem.Oci && text.AsSpan().ContainsAny(":/\\"))
        {
            return PinReason.NotFromRegistry;
        }

        return RangeLike().IsMatch(text) ? PinReason.Range : TagLike().IsMatch(text) ? PinReason.Tag : PinReason.Unclear;
    }

    // npm reads versions loosely: a leading v or =, and leading zeros, still name one release.
    [GeneratedRegex(@"\A[v=]?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex NpmExact();

    // PEP 440, public and local version identifiers.
    [GeneratedRegex(
        @"\Av?([0-9]+!)?[0-9]+(\.[0-9]+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?[0-9]*)?(-[0-9]+|[-_.]?(post|rev|r)[-_.]?[0-9]*)?([-_.]?dev[-_.]?[0-9]*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PypiExact();

    [GeneratedRegex(
        @"\A([0-9]+(\.[0-9]+){0,3}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?|\[[0-9]+(\.[0-9]+){0,3}(-[0-9A-Za-z.-]+)?\])\z",
        RegexOptions.NonBacktracking)]
    private static partial Regex NugetExact();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex OciDigest();

    [GeneratedRegex(@"\A(@[0-9A-Za-z~_-][0-9A-Za-z._~-]*/)?[0-9A-Za-z~_-][0-9A-Za-z._~-]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex NpmName();

    [GeneratedRegex(@"\A[0-9A-Za-z]([0-9A-Za-z._-]*[0-9A-Za-z])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex PypiName();

    [GeneratedRegex(@"\A\w+([._-]\w+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex NugetName();

    // An optional host with a port, then path components; upper case is allowed in the host only.
    [GeneratedRegex(
        @"\A([0-9A-Za-z.-]+(:[0-9]+)?/)?[0-9a-z]+([._-]+[0-9a-z]+)*(/[0-9a-z]+([._-]+[0-9a-z]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex OciName();

    [GeneratedRegex(@"\A([\^~<>=!*\[(]|v?[0-9]|[xX]\z)[0-9A-Za-z.*^~<>=!|, \[\]()+-]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RangeLike();

    [GeneratedRegex(@"\A[A-Za-z_][0-9A-Za-z._+-]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex TagLike();
}
