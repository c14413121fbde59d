using System;

namespace Fovea;

/// <summary>
/// The name of a class in data sets and in reports, where it is no identifier: <c>[ClassName("traffic light")] TrafficLight</c>.
/// Without it the member's own name is used.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ClassNameAttribute : Attribute
{
    /// <param name="name">As the data set writes it, for example <c>traffic light</c>.</param>
    public ClassNameAttribute(string name) => Name = name;

    /// <summary>As the data set writes it.</summary>
    public string Name { get; }
}
