using System.Buffers;
using System.Text;

namespace McpActors.Core.Management;

/// <summary>A script that is beyond what is read here. Caught where the script was begun: its pin is unclear.</summary>
internal sealed class UnclearScriptException : Exception;

/// <summary>A token of a script.</summary>
/// <param name="Operator">The operator, <c>"\n"</c> for the end of a line, <c>""</c> for the end of the script; null for a word.</param>
/// <param name="Words">What the word expands to: one word, or several (<c>"$@"</c>), or none (an empty variable).</param>
/// <param name="Raw">The word as written when no part of it is quoted or expanded, else null: only such a word is a keyword.</param>
/// <param name="AssignedName">The variable, when the word has the form of an assignment.</param>
/// <param name="AssignedValue">The value that is assigned; null when it is not known.</param>
internal sealed record ShellToken(
    string? Operator, IReadOnlyList<CommandWord> Words, string? Raw, string? AssignedName = null, CommandWord? AssignedValue = null);

/// <summary>Cuts a script into tokens and expands the variables that are surely known. POSIX shell, and what bash adds to words.</summary>
/// <param name="source">The script.</param>
/// <param name="positional">What <c>$1</c> and <c>$@</c> are, or null when that is not known.</param>
/// <param name="scriptFolder">The folder of the script for <c>$(dirname "$0")</c>, or null.</param>
internal sealed class ShellLexer(CommandWord source, IReadOnlyList<CommandWord>? positional, string? scriptFolder)
{
    private const int MaxNesting = 40;

    private static readonly string[] Operators = [";;&", ";;", ";&", "&&", "||", "|&", ";", "&", "|", "(", ")"];
    private static readonly string[] Redirections = ["<<<", "<<-", "<<", "<&", "<>", "<", "&>>", "&>", ">>", ">&", ">|", ">"];

    private static readonly SearchValues<char> Splitting = SearchValues.Create(" \t\n*?[");
    private static readonly SearchValues<char> Active = SearchValues.Create("$`\"'\\");

    // How wrappers commonly ask for their own folder; white space, quotes and redirections to nowhere taken away.
    private static readonly HashSet<string> OwnFolder =
    [
        "dirname$0", "dirname--$0", "dirname${BASH_SOURCE[0]}", "dirname--${BASH_SOURCE[0]}", "dirname${BASH_SOURCE}",
        "cd$(dirname$0)&&pwd", "cd--$(dirname--$0)&&pwd", "cd--$(dirname$0)&&pwd", "cd$(dirname${BASH_SOURCE[0]})&&pwd",
        "cd--$(dirname--${BASH_SOURCE[0]})&&pwd", "cd--$(dirname${BASH_SOURCE[0]})&&pwd", "cd$(dirname$0)&&pwd-P", "cd$(dirname${BASH_SOURCE[0]})&&pwd-P",
        "cd$(dirname--$0)&&pwd", "cd$(dirname--${BASH_SOURCE[0]})&&pwd",
    ];

    private readonly string _text = source.Text;
    private readonly Queue<(string Delimiter, bool Tabs)> _documents = new();
    private int _at;
    private int _nesting;

    /// <summary>Variables with a value that is surely known; the parser fills it.</summary>
    public Dictionary<string, CommandWord> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>The next token.</summary>
    public ShellToken Next()
    {
        while (true)
        {
            Blank();
            if (_at >= _text.Length)
            {
                return new ShellToken("", [], null);
            }

            if (_text[_at] == '\n')
            {
                _at++;
                Documents();
                return new ShellToken("\n", [], null);
            }

            if (Redirection())
            {
                continue;
            }

            var op = Operators.FirstOrDefault(o => string.CompareOrdinal(_text, _at, o, 0, o.Length) == 0);
            if (op is null)
            {
                return Word();
            }

            _at += op.Length;
            return new ShellToken(op, [], null);
        }
    }

    private void Blank()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (_text[_at] == '\\' && Peek(1) == '\n')
            {
                _at += 2;
            }
            else if (_text[_at] == '\\' && Peek(1) == '\r' && Peek(2) == '\n')
            {
                _at += 3;
            }
            else if (_text[_at] == '#')
            {
                // A comment: words that only contain the sign were taken whole before.
                while (_at < _text.Length && _text[_at] != '\n')
                {
                    _at++;
                }
            }
            else
            {
                return;
            }
        }
    }

    private bool Redirection()
    {
        var start = _at;
        while (start < _text.Length && char.IsAsciiDigit(_text[start]))
        {
            start++;
        }

        var sign = Redirections.FirstOrDefault(r => string.CompareOrdinal(_text, start, r, 0, r.Length) == 0 && (start == _at || r[0] != '&'));
        if (sign is null || (_text.Length > start + 1 && _text[start] is '<' or '>' && _text[start + 1] == '('))
        {
            // <( and >( are process substitutions: beyond us.
            return sign is null ? false : throw new UnclearScriptException();
        }

        _at = start + sign.Length;
        Blank();
        var word = Word();
        if (sign is "<<" or "<<-")
        {
            _documents.Enqueue((string.Concat(word.Words.Select(w => w.Text)), sign == "<<-"));
        }

        return true;
    }

    private void Documents()
    {
        while (_documents.TryDequeue(out var document))
        {
            while (true)
            {
                if (_at >= _text.Length)
                {
                    return;
                }

                var end = _text.IndexOf('\n', _at);
                end = end < 0 ? _text.Length : end;
                var line = _text[_at..end].TrimEnd('\r');
                _at = Math.Min(end + 1, _text.Length);
                if ((document.Tabs ? line.TrimStart('\t') : line) == document.Delimiter)
                {
                    break;
                }
            }
        }
    }

    private ShellToken Word()
    {
        var begin = _at;
        var word = new CommandWord.Builder();
        var raw = true;
        var quoted = false;
        string? assigned = null;
        var valueAt = 0;
        while (_at < _text.Length && !" \t\r\n;&|()<>".Contains(_text[_at], StringComparison.Ordinal))
        {
            var c = _text[_at];
            if (c == '=' && raw && assigned is null && IsName(_text.AsSpan(begin, _at - begin).TrimEnd('+')))
            {
                var plus = _text[_at - 1] == '+';
                assigned = _text[begin.._at].TrimEnd('+');
                Literal(word);
                valueAt = word.Length;
                if (Peek(0) == '(')
                {
                    // An array: skipped, its values are not known.
                    _at++;
                    SkipTo(')');
                    word.AddUnknown();
                }
                else if (plus)
                {
                    word.AddUnknown();
                }

                continue;
            }

            switch (c)
            {
                case '\\' when Peek(1) is '\n':
                    _at += 2;
                    break;
                case '\\':
                    raw = false;
                    _at++;
                    if (_at < _text.Length)
                    {
                        Literal(word);
                    }

                    break;
                case '\'':
                    raw = false;
                    quoted = true;
                    SingleQuoted(word);
                    break;
                case '"':
                    raw = false;
                    quoted = true;
                    if (AllArguments("\"$@\"") is { } all)
                    {
                        return all;
                    }

                    DoubleQuoted(word);
                    break;
                case '$' or '`':
                    raw = false;
                    if (begin == _at && AllArguments("$@") is { } bare)
                    {
                        return bare;
                    }

                    Expansion(word, splits: assigned is null);
                    break;
                case '~' when begin == _at:
                    raw = false;
                    _at++;
                    word.AddUnknown();
                    break;
                default:
                    Literal(word);
                    break;
            }
        }

        if (_at == begin)
        {
            // A sign that begins neither a word nor an operator: never loop on it.
            throw new UnclearScriptException();
        }

        var built = word.Build();
        var value = assigned is not null ? built.Slice(valueAt, built.Text.Length) : null;
        return new ShellToken(
            null,
            built.Text.Length == 0 && !quoted ? [] : [built],
            raw ? built.Text : null,
            assigned,
            value is { Certain: true } ? value : null);
    }

    private ShellToken? AllArguments(string form)
    {
        var after = Peek(form.Length);
        if (string.CompareOrdinal(_text, _at, form, 0, form.Length) != 0 || (after != '\0' && !" \t\r\n;&|()<>".Contains(after, StringComparison.Ordinal)))
        {
            return null;
        }

        _at += form.Length;
        if (positional is not null)
        {
            return new ShellToken(null, positional, null);
        }

        var unknown = new CommandWord.Builder();
        unknown.AddUnknown();
        return new ShellToken(null, [unknown.Build()], null);
    }

    private void SingleQuoted(CommandWord.Builder word)
    {
        var end = _text.IndexOf('\'', _at + 1);
        if (end < 0)
        {
            throw new UnclearScriptException();
        }

        word.Add(source.Slice(_at + 1, end));
        _at = end + 1;
    }

    private void DoubleQuoted(CommandWord.Builder word)
    {
        _at++;
        while (Peek(0) != '"')
        {
            if (_at >= _text.Length)
            {
                throw new UnclearScriptException();
            }

            switch (_text[_at])
            {
                case '\\' when Peek(1) == '\n':
                    _at += 2;
                    break;
                case '\\' when Peek(1) is '$' or '`' or '"' or '\\':
                    _at++;
                    Literal(word);
                    break;
                case '$' or '`':
                    Expansion(word, splits: false);
                    break;
                default:
                    Literal(word);
                    break;
            }
        }

        _at++;
    }

    private void Expansion(CommandWord.Builder word, bool splits)
    {
        var next = Peek(1);
        if (_text[_at] == '`' || next == '(')
        {
            Substitution(word);
        }
        else if (next == '{')
        {
            var start = _at + 2;
            _at = start;
            SkipTo('}');
            Parameter(word, _text[start..(_at - 1)], start, splits);
        }
        else if (char.IsAsciiLetter(next) || next == '_')
        {
            var start = ++_at;
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
            {
                _at++;
            }

            Value(word, Known(_text[start.._at]), splits);
        }
        else if (char.IsAsciiDigit(next))
        {
            _at += 2;
            Value(word, Known(next.ToString()), splits);
        }
        else if (next is '@' or '*' or '#' or '?' or '$' or '!' or '-' or '\'' or '"')
        {
            // $'…' and $"…": the quoted text is read as unknown, not as its own word.
            _at += next is '\'' or '"' ? 1 : 2;
            if (next == '\'')
            {
                SingleQuoted(new CommandWord.Builder());
            }
            else if (next == '"')
            {
                DoubleQuoted(new CommandWord.Builder());
            }

            word.AddUnknown();
        }
        else
        {
            Literal(word);
        }
    }

    private void Parameter(CommandWord.Builder word, string inside, int start, bool splits)
    {
        var colon = inside.IndexOf(":-", StringComparison.Ordinal);
        var name = colon < 0 ? inside : inside[..colon];
        var known = Known(name);
        if (colon >= 0 && known is not null && known.Text.Length == 0)
        {
            // Surely empty, so the default stands, when it is plain text.
            var fallback = inside[(colon + 2)..];
            known = fallback.AsSpan().ContainsAny(Active) ? null : source.Slice(start + colon + 2, start + inside.Length);
        }

        Value(word, known, splits);
    }

    private CommandWord? Known(string name)
    {
        if (name.Length == 1 && char.IsAsciiDigit(name[0]) && name[0] != '0' && positional is not null)
        {
            var index = name[0] - '1';
            return index < positional.Count ? positional[index] : source.Slice(0, 0);
        }

        return Variables.GetValueOrDefault(name);
    }

    private static void Value(CommandWord.Builder word, CommandWord? value, bool splits)
    {
        // Unquoted, a value with white space becomes several words, and one with stars becomes files.
        if (value is null || (splits && value.Text.AsSpan().ContainsAny(Splitting)))
        {
            word.AddUnknown();
        }
        else
        {
            word.Add(value);
        }
    }

    private void Substitution(CommandWord.Builder word)
    {
        var start = _at;
        if (_text[_at] == '`')
        {
            _at++;
            SkipTo('`');
        }
        else
        {
            _at += 2;
            SkipTo(')');
        }

        var inside = _text[(start + (_text[start] == '`' ? 1 : 2))..(_at - 1)];
        var bare = new StringBuilder(inside).Replace(">/dev/null", "").Replace("> /dev/null", "").Replace("2>&1", "")
            .Replace(" ", "").Replace("\"", "").ToString();
        if (scriptFolder is not null && OwnFolder.Contains(bare))
        {
            word.Add(CommandWord.Of(scriptFolder, CommandWord.Nowhere));
        }
        else
        {
            word.AddUnknown();
        }
    }

    /// <summary>Goes behind the closing sign, over quotes and nested brackets.</summary>
    private void SkipTo(char close)
    {
        var depth = 0;
        for (; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == '\\')
            {
                _at++;
            }
            else if (c == close && depth == 0)
            {
                _at++;
                return;
            }
            else if (c == '\'')
            {
                _at = _text.IndexOf('\'', _at + 1);
                if (_at < 0)
                {
                    throw new UnclearScriptException();
                }
            }
            else if (c == '"')
            {
                SkipDoubleQuoted();
            }
            else if (c is '(' or '{')
            {
                depth++;
            }
            else if (c is ')' or '}')
            {
                depth--;
            }
        }

        throw new UnclearScriptException();
    }

    /// <summary>From an opening double quote to its closing one, over substitutions that have quotes of their own.</summary>
    private void SkipDoubleQuoted()
    {
        if (++_nesting > MaxNesting)
        {
            throw new UnclearScriptException();
        }

        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '\\')
            {
                _at++;
            }
            else if (_text[_at] == '$' && Peek(1) == '(')
            {
                _at += 2;
                SkipTo(')');
                _at--;
            }
        }

        _nesting--;
    }

    private void Literal(CommandWord.Builder word)
    {
        word.Add(source.Slice(_at, _at + 1));
        _at++;
    }

    private char Peek(int ahead) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || char.IsAsciiDigit(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
