using System.Text.RegularExpressions;

namespace McpActors.Core.Management;

/// <summary>A part of a script.</summary>
internal abstract record ShellNode;

/// <summary>A command, with the folder it runs in (relative to the server's own, null when not known). No words: only assignments.</summary>
internal sealed record ShellCommand(IReadOnlyList<CommandWord> Words, string? Folder) : ShellNode;

/// <summary>Braces or parentheses: run in order.</summary>
internal sealed record ShellGroup(IReadOnlyList<ShellChain> Body) : ShellNode;

/// <summary>Something that runs perhaps, or several times: if, case, for, while. Its conditions stand apart from its ways.</summary>
internal sealed record ShellBranch(IReadOnlyList<IReadOnlyList<ShellChain>> Conditions, IReadOnlyList<IReadOnlyList<ShellChain>> Ways) : ShellNode;

/// <summary>A definition; its body runs where it is called.</summary>
internal sealed record ShellFunction(string Name, IReadOnlyList<ShellChain> Body) : ShellNode;

/// <summary>A condition in double brackets or parentheses.</summary>
internal sealed record ShellTest : ShellNode;

/// <summary>Pipelines joined by <c>&amp;&amp;</c> and <c>||</c>; the first has no operator.</summary>
internal sealed record ShellChain(IReadOnlyList<(string Operator, IReadOnlyList<ShellNode> Stages)> Parts);

/// <summary>Puts the tokens of a script together. Not an interpreter: it follows the text, once, from top to bottom.</summary>
internal sealed partial class ShellParser
{
    private const int Deepest = 40;
    private readonly ShellLexer _lexer;
    private readonly Dictionary<string, int> _touches;
    private ShellToken _token;
    private string? _folder = "";
    private int _depth;
    private int _conditional;

    public ShellParser(CommandWord source, IReadOnlyList<CommandWord>? positional, string? scriptFolder)
    {
        _touches = CountTouches(source.Text);
        // shift and set give $1 and $@ another meaning.
        _lexer = new ShellLexer(source, ChangesPositional().IsMatch(source.Text) ? null : positional, scriptFolder);
        _token = _lexer.Next();
    }

    /// <summary>The whole script.</summary>
    /// <exception cref="UnclearScriptException">It has something that is not understood.</exception>
    public IReadOnlyList<ShellChain> Parse()
    {
        var body = List();
        return _token.Operator == "" ? body : throw new UnclearScriptException();
    }

    private List<ShellChain> List(params string[] ends)
    {
        if (++_depth > Deepest)
        {
            throw new UnclearScriptException();
        }

        var chains = new List<ShellChain>();
        while (true)
        {
            while (_token.Operator is "\n" or ";" or "&")
            {
                Advance();
            }

            var end = _token.Operator ?? _token.Raw;
            if (_token.Operator == "" || (end is not null && ends.Contains(end)))
            {
                _depth--;
                return chains;
            }

            chains.Add(Chain());
        }
    }

    private ShellChain Chain()
    {
        var parts = new List<(string, IReadOnlyList<ShellNode>)>();
        var op = "";
        while (true)
        {
            // What stands behind || may not run at all.
            _conditional += op == "||" ? 1 : 0;
            var stages = new List<ShellNode> { Command() };
            while (_token.Operator is "|" or "|&")
            {
                Advance();
                Lines();
                stages.Add(Command());
            }

            _conditional -= op == "||" ? 1 : 0;
            parts.Add((op, stages));
            if (_token.Operator is not ("&&" or "||"))
            {
                return new ShellChain(parts);
            }

            op = _token.Operator;
            Advance();
            Lines();
        }
    }

    private ShellNode Command()
    {
        while (_token.Raw == "!")
        {
            Advance();
        }

        switch (_token.Operator ?? _token.Raw)
        {
            case "(":
                Advance();
                if (_token.Operator == "(")
                {
                    // Arithmetic.
                    throw new UnclearScriptException();
                }

                return Subshell();
            case "{":
                Advance();
                var group = new ShellGroup(List("}"));
                Expect("}");
                return group;
            case "[[":
                return DoubleBracket();
            case "if":
                return If();
            case "while" or "until":
                Advance();
                return Loop(Branch("do"));
            case "for" or "select":
                return For();
            case "case":
                return Case();
            case "function":
                Advance();
                var name = _token.Raw ?? throw new UnclearScriptException();
                Advance();
                if (_token.Operator == "(")
                {
                    Advance();
                    Expect(")");
                }

                return Function(name);
            default:
                return Simple();
        }
    }

    private ShellGroup Subshell()
    {
        // What is assigned inside is forgotten outside.
        var before = new Dictionary<string, CommandWord>(_lexer.Variables);
        var folder = _folder;
        var body = List(")");
        Expect(")");
        foreach (var name in _lexer.Variables.Keys.Except(before.Keys).ToList())
        {
            _lexer.Variables.Remove(name);
        }

        _folder = folder;
        return new ShellGroup(body);
    }

    private ShellTest DoubleBracket()
    {
        while (_token.Raw != "]]")
        {
            if (_token.Operator == "")
            {
                throw new UnclearScriptException();
            }

            Advance();
        }

        Advance();
        return new ShellTest();
    }

    private ShellBranch If()
    {
        var conditions = new List<IReadOnlyList<ShellChain>>();
        var bodies = new List<IReadOnlyList<ShellChain>>();
        Advance();
        conditions.Add(Branch("then"));
        Expect("then");
        while (true)
        {
            bodies.Add(Branch("elif", "else", "fi"));
            var word = _token.Raw;
            Advance();
            switch (word)
            {
                case "fi":
                    return new ShellBranch(conditions, bodies);
                case "elif":
                    conditions.Add(Branch("then"));
                    Expect("then");
                    break;
                case "else":
                    break;
                default:
                    throw new UnclearScriptException();
            }
        }
    }

    private ShellBranch For()
    {
        Advance();
        while (_token.Raw != "do")
        {
            if (_token.Operator is "" or "(")
            {
                throw new UnclearScriptException();
            }

            Advance();
        }

        return Loop([]);
    }

    private ShellBranch Loop(List<ShellChain> condition)
    {
        Expect("do");
        var body = Branch("done");
        Expect("done");
        return new ShellBranch([condition], [body]);
    }

    private ShellBranch Case()
    {
        var bodies = new List<IReadOnlyList<ShellChain>>();
        Advance();
        Advance();
        Lines();
        Expect("in");
        while (true)
        {
            Lines();
            if (_token.Raw == "esac")
            {
                Advance();
                return new ShellBranch([], bodies);
            }

            while (_token.Operator != ")")
            {
                if (_token.Operator is "" or "\n")
                {
                    throw new UnclearScriptException();
                }

                Advance();
            }

            Advance();
            bodies.Add(Branch(";;", ";&", ";;&", "esac"));
            if (_token.Operator is ";;" or ";&" or ";;&")
            {
                Advance();
            }
        }
    }

    private ShellFunction Function(string name)
    {
        Lines();
        Expect("{");
        var body = Branch("}");
        Expect("}");
        return new ShellFunction(name, body);
    }

    private List<ShellChain> Branch(params string[] ends)
    {
        _conditional++;
        var body = List(ends);
        _conditional--;
        return body;
    }

    private ShellNode Simple()
    {
        var words = new List<CommandWord>();
        var assignments = new List<ShellToken>();
        string? first = null;
        var any = false;
        var folder = _folder;
        while (_token.Operator is null)
        {
            any = true;
            // export, readonly and local take assignments as their arguments.
            if (_token.AssignedName is not null && (words.Count == 0 || first is "export" or "readonly" or "local" or "declare" or "typeset"))
            {
                assignments.Add(_token);
            }
            else
            {
                first ??= _token.Raw;
                words.AddRange(_token.Words);
            }

            var raw = _token.Raw;
            Advance();
            if (words.Count == 1 && raw is not null && _token.Operator == "(")
            {
                Advance();
                Expect(")");
                return Function(raw);
            }
        }

        if (_token.Operator == "(" || (words.Count == 0 && assignments.Count == 0 && !any))
        {
            // An operator where a command has to stand.
            throw new UnclearScriptException();
        }

        var declares = first is "export" or "readonly" or "local" or "declare" or "typeset";
        if (words.Count == 0 || declares)
        {
            assignments.ForEach(Assign);
            words.Clear();
        }
        else
        {
            Effects(words);
        }

        return new ShellCommand(words, folder);
    }

    private void Assign(ShellToken token)
    {
        // Known only when the one place that touches the variable surely runs, and runs before.
        if (token.AssignedValue is { } value && _conditional == 0 && _touches.GetValueOrDefault(token.AssignedName!) == 1)
        {
            _lexer.Variables[token.AssignedName!] = value;
        }
        else
        {
            _lexer.Variables.Remove(token.AssignedName!);
        }
    }

    // How often a script gives each variable a value, by any means, anywhere; counting too many is the safe side.
    private static Dictionary<string, int> CountTouches(string text)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (Match match in Assignment().Matches(text))
        {
            Count(match.Groups[1].Value);
        }

        foreach (Match line in OtherAssignment().Matches(text))
        {
            foreach (Match word in Name().Matches(line.Value))
            {
                Count(word.Value);
            }
        }

        return counts;

        void Count(string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
    }

    private void Effects(List<CommandWord> words)
    {
        switch (words[0].Text)
        {
            case "cd":
                var to = words.Count > 1 && words[1].Text == "--" ? 2 : 1;
                _folder = words.Count == to + 1 && words[to].Certain && _conditional == 0 ? Into(words[to].Text) : null;
                break;
            case "pushd" or "popd":
                _folder = null;
                break;
            case "source" or "." or "eval":
                // Whatever these run may assign any variable.
                _lexer.Variables.Clear();
                break;
            default:
                break;
        }
    }

    private string? Into(string folder)
    {
        var target = folder.TrimEnd('/');
        return folder.StartsWith('-') || folder.Length == 0 ? null
            : folder.StartsWith('/') ? target
            : _folder is null ? null
            : _folder.Length == 0 ? target
            : $"{_folder}/{target}";
    }

    private void Lines()
    {
        while (_token.Operator == "\n")
        {
            Advance();
        }
    }

    private void Expect(string what)
    {
        if ((_token.Operator ?? _token.Raw) != what)
        {
            throw new UnclearScriptException();
        }

        Advance();
    }

    private void Advance() => _token = _lexer.Next();

    [GeneratedRegex(@"([A-Za-z_][A-Za-z0-9_]*)\+?=", RegexOptions.NonBacktracking)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\b(read|for|select|unset|getopts|mapfile|readarray|let|printf\s+-v)\b[^\n;]*", RegexOptions.NonBacktracking)]
    private static partial Regex OtherAssignment();

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]*", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"\bshift\b|\bset\s+(--|[^-+\s])", RegexOptions.NonBacktracking)]
    private static partial Regex ChangesPositional();
}
