using System.Text;

namespace McpActors.Core.Servers;

/// <summary>
/// Masks whatever looks like a credential before a text is shown, stored or sent.
/// A guess, made to err on the side of masking; what is known to be secret is masked for certain.
/// </summary>
public static class Redactor
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>A free text (a command, a message) with everything that looks like a credential masked.</summary>
    public static string Text(string text) => TextSpan.Mask(text, CredentialFinder.InText(text));

    /// <summary>A free text with known secrets and everything that looks like a credential masked.</summary>
    public static string Text(string text, IReadOnlyCollection<string> secrets) => Masked(text, CredentialFinder.InText(text), Scrubber(secrets));

    /// <summary>Arguments with known secrets and everything that looks like a credential masked.</summary>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> args, IReadOnlyCollection<string> secrets)
    {
        var found = CredentialFinder.InArguments(args);
        var scrubber = Scrubber(secrets);
        var masked = new string[args.Count];
        for (var i = 0; i < masked.Length; i++)
        {
            masked[i] = Masked(args[i], found[i], scrubber);
        }

        return masked;
    }

    /// <summary>
    /// A URL with its user info and the query values whose names smell masked, known secrets and whatever else
    /// looks like a credential (a token in the path) too. A text that is no URL is treated as free text.
    /// </summary>
    public static string Url(string url, IReadOnlyCollection<string> secrets) => Masked(url, CredentialFinder.InUrl(url), Scrubber(secrets));

    /// <summary>A command line for people, masked; arguments with blanks are quoted.</summary>
    public static string CommandLine(string command, IReadOnlyList<string> args) => CommandLine(command, args, []);

    /// <summary>A command line for people, masked also for known secrets; arguments with blanks are quoted.</summary>
    public static string CommandLine(string command, IReadOnlyList<string> args, IReadOnlyCollection<string> secrets)
    {
        var line = new StringBuilder(Quoted(Text(command, secrets)));
        foreach (var arg in Arguments(args, secrets))
        {
            line.Append(' ').Append(Quoted(arg));
        }

        return line.ToString();
    }

    private static SecretScrubber Scrubber(IReadOnlyCollection<string> secrets) =>
        secrets.Count == 0 ? SecretScrubber.None : new SecretScrubber(secrets);

    // Guesses and known secrets are looked for in the same text: a guess that covered half of a known secret first
    // would leave the other half standing.
    private static string Masked(string text, List<TextSpan> found, SecretScrubber scrubber)
    {
        scrubber.Find(text, found);
        return TextSpan.Mask(text, found);
    }

    private static string Quoted(string word) =>
        word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '"' or '\'')
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
