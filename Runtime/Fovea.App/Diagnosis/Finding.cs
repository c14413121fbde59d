using System.Text.Json.Serialization;

namespace Fovea.App.Diagnosis;

/// <summary>What a finding means for the program.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Something is missing or slower than it need be, which was not asked for.</summary>
    [JsonStringEnumMemberName("note")]
    Note,

    /// <summary>The program cannot do what it is for, or what was asked for.</summary>
    [JsonStringEnumMemberName("problem")]
    Problem,
}

/// <summary>What was found of one thing.</summary>
/// <param name="Topic">What it belongs to.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Verdict">Whether that will do.</param>
/// <param name="Found">Version, place, numbers; of what is missing, why.</param>
/// <param name="NeededFor">Of what is missing: for what.</param>
/// <param name="Command">Of what is missing: the one command that brings it.</param>
internal sealed record Finding(string Topic, string Name, Verdict Verdict, string Found, string? NeededFor = null, string? Command = null);

/// <summary>All that was found.</summary>
/// <param name="Works">No finding is a <see cref="Verdict.Problem"/>.</param>
/// <param name="Findings">In the order of topics.</param>
internal sealed record DoctorReport(bool Works, IReadOnlyList<Finding> Findings);
