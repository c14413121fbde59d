using System.Reflection;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;
using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Pipeline;

/// <summary>The equality contract of what crosses the pipeline's steps.</summary>
public class SpecEqualityTests
{
    private static readonly string Source = Declaration.Of(
        "[RetinaNet<BloodCell>(Backbone.Custom)]", "[Backbone(StageBlocks = [1, 2, 1, 1])]", "[Anchors(Ratios = [0.5, 1])]",
        "[InputSize(640, 480)]");

    [Fact]
    public void TwoParsesOfTheSameSource_AreEqual()
    {
        var (first, second) = (Declaration.Parse(Source), Declaration.Parse(Source));

        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
    }

    [Theory]
    [InlineData("1, 2, 1, 1", "1, 2, 1, 2")]
    [InlineData("0.5, 1]", "0.5, 1, 2]")]
    [InlineData("640, 480", "640, 512")]
    [InlineData("WBC", "WhiteCell")]
    [InlineData("CellDetector", "OtherDetector")]
    [InlineData("namespace Blood", "namespace Other")]
    public void AnyChange_MakesThemDiffer(string from, string to) =>
        Assert.NotEqual(Declaration.Parse(Source), Declaration.Parse(Source.Replace(from, to)));

    /// <summary>A list without structural equality, a symbol or a location would make every keystroke regenerate every model.</summary>
    [Theory]
    [InlineData(typeof(ModelSpec))]
    [InlineData(typeof(RetinaNetSpec))]
    [InlineData(typeof(CompilerOutput))]
    public void EverythingInIt_IsAValueOrARecordOrAnEquatableArray(Type root)
    {
        var seen = new HashSet<Type>();
        Check(root, root.Name);

        void Check(Type type, string path)
        {
            if (Nullable.GetUnderlyingType(type) is { } inner)
            {
                Check(inner, path);
            }
            else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(EquatableArray<>))
            {
                Check(type.GetGenericArguments()[0], path + "[]");
            }
            else if (!type.IsPrimitive && !type.IsEnum && type != typeof(string) && type != typeof(decimal) && seen.Add(type))
            {
                var isRecord = type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null;
                Assert.True(isRecord, $"{path}: {type} is no record");
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                {
                    Check(field.FieldType, path + "." + field.Name);
                }
            }
        }
    }
}
