namespace McpActors.Core.Servers;

/// <summary>Gathers what must appear nowhere while a server's declaration is read; see <see cref="ServerDefinition.Secrets"/>.</summary>
public sealed class SecretCollector
{
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

    /// <summary>What was gathered, without order.</summary>
    public IReadOnlyCollection<string> Secrets => _secrets;

    /// <summary>A variable of a process or of the node: its value as <see cref="SecretWords.IsSecretValue"/> decides, and credentials within it.</summary>
    public void AddVariable(string name, string value)
    {
        if (SecretWords.IsSecretValue(name, value))
        {
            _secrets.Add(value);
        }

        AddText(value);
    }

    /// <summary>A header: its value, and the credential after <c>Bearer</c>, <c>Basic</c> or another scheme's name.</summary>
    public void AddHeader(string name, string value)
    {
        AddVariable(name, value);
        var blank = value.IndexOf(' ');
        if (blank > 0 && SecretWords.Smells(name))
        {
            Add(value[(blank + 1)..].Trim());
        }
    }

    /// <summary>A URL: its user info, and whatever else in it looks like a credential.</summary>
    public void AddUrl(string url) => AddSpans(url, CredentialFinder.InUrl(url));

    /// <summary>Arguments: whatever in them looks like a credential.</summary>
    public void AddArguments(IReadOnlyList<string> args)
    {
        var found = CredentialFinder.InArguments(args);
        for (var i = 0; i < found.Length; i++)
        {
            AddSpans(args[i], found[i]);
        }
    }

    /// <summary>A text: whatever in it looks like a credential.</summary>
    public void AddText(string text) => AddSpans(text, CredentialFinder.InText(text));

    private void AddSpans(string text, List<TextSpan> spans)
    {
        foreach (var (start, end) in spans)
        {
            var value = text[start..end];
            Add(value);
            Add(Decoded(value));
            if (text.AsSpan(0, start).EndsWith("://", StringComparison.Ordinal))
            {
                var password = value[(value.IndexOf(':') + 1)..];
                Add(password);
                Add(Decoded(password));
            }
        }
    }

    private void Add(string value)
    {
        if (!SecretWords.IsTrivial(value))
        {
            _secrets.Add(value);
        }
    }

    private static string Decoded(string value) => value.Contains('%') ? Uri.UnescapeDataString(value) : value;
}
