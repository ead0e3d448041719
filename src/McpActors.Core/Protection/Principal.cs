namespace McpActors.Core.Protection;

/// <summary>
/// Who somebody is, whatever they signed in with: one person's session and API keys share one id. Ids are issued, not
/// chosen, and have no upper case, so that no two of them differ by case alone.
/// </summary>
public readonly record struct PrincipalId
{
    /// <summary>The longest id.</summary>
    public const int MaxLength = 128;

    private readonly string? _value;

    /// <summary>An id of 1 to 128 characters of <c>a-z 0-9 . _ @ : | + -</c>.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public PrincipalId(string value) => _value = Is(value)
        ? value
        : throw new FormatException("A principal's id is 1 to 128 characters of a-z, 0-9 and . _ @ : | + -.");

    /// <summary>The id; empty for the default value, which is nobody.</summary>
    public string Value => _value ?? "";

    /// <summary>False for the default value only.</summary>
    public bool IsValid => _value is not null;

    /// <summary>An id, or false.</summary>
    public static bool TryParse(string? text, out PrincipalId id)
    {
        id = Is(text) ? new PrincipalId(text!) : default;
        return id.IsValid;
    }

    /// <inheritdoc cref="Value"/>
    public override string ToString() => Value;

    internal static bool Is(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '@' or ':' or '|' or '+' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What a principal is. There is no zero: a value that nobody set is neither.</summary>
public enum PrincipalKind
{
    /// <summary>A person.</summary>
    Human = 1,

    /// <summary>A program. It may request, never approve.</summary>
    Service = 2,
}

/// <summary>What a principal may do. No role includes another one.</summary>
[Flags]
public enum PrincipalRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read.</summary>
    Viewer = 1,

    /// <summary>Request mutations and execute them once they are approved.</summary>
    Operator = 2,

    /// <summary>Approve and deny (humans only).</summary>
    Approver = 4,

    /// <summary>Confirm the clock (humans only).</summary>
    Admin = 8,
}

/// <summary>A principal as the directory knows it now.</summary>
public sealed record Principal(PrincipalId Id, PrincipalKind Kind, PrincipalRoles Roles, bool Enabled)
{
    /// <summary>True when it may request and execute.</summary>
    public bool MayRequest => Enabled && Kind is (PrincipalKind.Human or PrincipalKind.Service) && Roles.HasFlag(PrincipalRoles.Operator);

    /// <summary>True when it may approve, deny and reconcile.</summary>
    public bool MayApprove => Enabled && Kind is PrincipalKind.Human && Roles.HasFlag(PrincipalRoles.Approver);

    /// <summary>True when it may confirm the clock.</summary>
    public bool MayConfirmClock => Enabled && Kind is PrincipalKind.Human && Roles.HasFlag(PrincipalRoles.Admin);
}

/// <summary>
/// All principals as they stand at one moment. It travels inside a command, so that a role that was lost counts from the
/// next command on. Whoever is not in it is nobody.
/// </summary>
public sealed class PrincipalDirectory
{
    private readonly Dictionary<PrincipalId, Principal> _principals = [];

    /// <summary>A directory of these principals.</summary>
    /// <exception cref="ArgumentException">An id is there twice, or a principal has none.</exception>
    public PrincipalDirectory(IEnumerable<Principal> principals)
    {
        foreach (var principal in principals)
        {
            if (!principal.Id.IsValid || !_principals.TryAdd(principal.Id, principal))
            {
                throw new ArgumentException("Every principal has an id of its own.", nameof(principals));
            }
        }
    }

    /// <summary>The principal as it stands now, or null.</summary>
    public Principal? Find(PrincipalId id) => _principals.GetValueOrDefault(id);
}
