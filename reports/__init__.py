"""From results to what people and machines read: results.json, report.html, junit.xml, allure-results."""
