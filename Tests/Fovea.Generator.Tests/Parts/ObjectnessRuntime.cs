namespace Fovea.Generator.Tests.Parts;

/// <summary>What Definitions and the runtime would have for the toy head and activation: the text of a file of the program.</summary>
internal static class ObjectnessRuntime
{
    public const string Source =
        """
        namespace Fovea
        {
            [System.AttributeUsage(System.AttributeTargets.Class)]
            public sealed class ObjectnessAttribute<TClass> : System.Attribute
                where TClass : struct, System.Enum
            {
                public ObjectnessAttribute() { }
                public ObjectnessAttribute(Backbone backbone) { }
                public bool InputGradient { get; set; }
            }

            [System.AttributeUsage(System.AttributeTargets.Class)]
            public sealed class CellsAttribute : System.Attribute
            {
                public double Margin { get; set; } = 0.5;
                public int Width { get; set; }
            }
        }

        namespace Fovea.CompilerServices
        {
            public readonly record struct ScoreMap(long Offset, int Levels);

            public readonly record struct ObjectnessRule(float Margin);

            public abstract class ObjectnessInferencePlan : InferencePlan
            {
                public required PyramidMap Objectness { get; init; }
                public required ScoreMap BestCells { get; init; }
            }

            public abstract class ObjectnessTrainingPlan : TrainingPlan
            {
                public required PyramidMap Objectness { get; init; }
                public required ScoreMap MarginLoss { get; init; }
            }

            public static class NewMembers
            {
                public static void Silu<T>(this ref T backend, PyramidMap x, PyramidMap y) where T : struct, IBackend { }
                public static void Silu<T>(this ref T backend, FeatureMap x, FeatureMap y) where T : struct, IBackend { }
                public static void SiluBackward<T>(this ref T backend, PyramidMap x, PyramidMap dy, PyramidMap dx)
                    where T : struct, IBackend { }
                public static void SiluBackward<T>(this ref T backend, FeatureMap x, FeatureMap dy, FeatureMap dx)
                    where T : struct, IBackend { }
                public static void MarginLoss<T>(
                    this ref T backend, PyramidMap x, in ObjectnessRule rule, ScoreMap loss, PyramidMap dx)
                    where T : struct, IBackend { }
                public static void BestCells<T>(this ref T backend, PyramidMap x, in ObjectnessRule rule, ScoreMap best)
                    where T : struct, IBackend { }
            }
        }
        """;
}
